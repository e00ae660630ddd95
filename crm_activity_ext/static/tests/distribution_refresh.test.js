import {
    MockServer,
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {advanceTime, expect, test} from "@odoo/hoot";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

const STATES = ["pending", "running", "stopped", "done", "undoing"];

class Run extends models.Model {
    run_state = fields.Selection({selection: STATES.map((state) => [state, state])});
    _records = [{id: 1, run_state: "running"}];
}

defineMailModels();
defineModels([Run]);

test("a distribution is read again only while it runs", async () => {
    const become = (state) => MockServer.env.run.write([1], {run_state: state});
    let reads = 0;
    onRpc("run", "web_read", () => {
        reads += 1;
    });
    onRpc("run", "take_over", ({model}) => {
        become("pending");
        expect.step(`${model} taken over`);
        return false;
    });
    const newReads = async () => {
        const before = reads;
        await advanceTime(4000);
        return reads - before;
    };
    await mountView({
        type: "form",
        resModel: "run",
        resId: 1,
        arch: `
            <form>
                <button name="take_over" type="object" string="Take Over"/>
                <field name="run_state"/>
                <widget name="crm_activity_distribution_refresh"/>
            </form>`,
    });
    expect(await newReads()).toBe(2);
    become("stopped");
    await newReads();
    expect(await newReads()).toBe(0);
    await contains("button[name=take_over]").click();
    expect.verifySteps(["run taken over"]);
    expect(await newReads()).toBe(2);
    become("done");
    await newReads();
    expect(await newReads()).toBe(0);
    await contains("button[name=take_over]").click();
    expect.verifySteps(["run taken over"]);
    become("undoing");
    expect(await newReads()).toBe(2);
    expect(await newReads()).toBe(2);
});
