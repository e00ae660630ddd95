import {expect, test} from "@odoo/hoot";
import {WorkList} from "@crm_activity_ext/work_through/work_list";

/** What a screen does with an answer of the server. */
function answer(list, asked, {id = false, claimed = []} = {}) {
    list.goTo(id, asked);
    list.defer(claimed);
}

test("a list is asked for what comes after, and backwards for what came before", () => {
    const list = new WorkList([1, 2, 3, 4]);
    expect(list.getNext()).toEqual([1, 2, 3, 4]);
    answer(list, list.getNext(), {id: 3});
    expect(list.currentId).toBe(3);
    expect(list.getNext()).toEqual([4]);
    expect(list.getPrevious()).toEqual([2, 1, 3]);
});

test("no more than a hundred are asked for at once, and the rest after them", () => {
    const list = new WorkList(Array.from({length: 150}, (_each, index) => index + 1));
    const asked = list.getNext();
    expect(asked.length).toBe(100);
    answer(list, asked);
    expect(list.getNext()[0]).toBe(101);
    expect(list.total).toBe(150);
});

test("whose customer a colleague is with comes again at the end, once", () => {
    const list = new WorkList([1, 2, 3, 4]);
    answer(list, list.getNext(), {id: 3, claimed: [1, 2]});
    expect(list.currentId).toBe(3);
    expect(list.getNext()).toEqual([4, 1, 2]);
    expect(list.total).toBe(4);
    answer(list, list.getNext(), {claimed: [1, 2]});
    expect(list.getNext()).toEqual([]);
});

test("the last one is not asked for again, as nothing comes between", () => {
    const list = new WorkList([1, 2]);
    answer(list, list.getNext(), {id: 1});
    answer(list, list.getNext(), {claimed: [2]});
    expect(list.getNext()).toEqual([]);
});
