import {expect, test} from "@odoo/hoot";
import {keepPrintable, keepPrintableOfSelection} from "@crm_activity_ext/print_menu/print_menu";

const LETTER = {id: 1, name: "Letter", domain: "[('channel', 'in', ['letter', 'fax'])]"};
const SHEET = {id: 2, name: "Sheet"};
const OF_ANOTHER = {id: 3, name: "Badge", domain: "[('priority', '=', '3')]"};

const printed = (reports, ...channels) =>
    keepPrintable(
        {action: ["kept"], print: reports},
        channels.map((channel) => ({data: {channel}}))
    ).print.map(({name}) => name);

test("a report that fits none of the records is not offered", () => {
    expect(printed([LETTER], "call_out", "visit")).toEqual([]);
    expect(printed([LETTER], "call_out", "fax")).toEqual(["Letter"]);
    expect(printed([LETTER, SHEET], "call_out")).toEqual(["Sheet"]);
});

test("what the view has not read is left to the server", () => {
    expect(printed([OF_ANOTHER], "call_out")).toEqual(["Badge"]);
});

test("more records than are loaded are left to the server as well", () => {
    const items = {action: ["kept"], print: [LETTER]};
    const selection = [{data: {channel: "visit"}}];
    expect(keepPrintableOfSelection(items, {isDomainSelected: true, selection})).toBe(items);
    expect(keepPrintableOfSelection(items, {isDomainSelected: false, selection}).print).toEqual([]);
});

test("without reports nothing changes", () => {
    expect(keepPrintable({action: ["kept"], print: undefined}, [])).toEqual({
        action: ["kept"],
        print: undefined,
    });
});
