import {checkDatasets, checkLabels} from "@web/../tests/views/graph/graph_test_helpers";
import {defineModels, fields, models, mountView, onRpc} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {test} from "@odoo/hoot";

class Entry extends models.Model {
    date = fields.Date();
    kind = fields.Selection({
        selection: [
            ["order", "Order"],
            ["invoice", "Invoice"],
        ],
    });
}

defineMailModels();
defineModels([Entry]);

const group = (month, kind, count) => ({
    "date:month": [`2026-0${month}-01`, `Month ${month}`],
    kind,
    __count: count,
    __extra_domain: [],
});

test("months without entries have their place between the others", async () => {
    // As the server answers: what is empty has no kind.
    onRpc("formatted_read_group", () => [
        group(1, "order", 2),
        group(2, false, 0),
        group(3, "invoice", 1),
    ]);
    const view = await mountView({
        type: "graph",
        resModel: "entry",
        arch: `
            <graph js_class="crm_history_graph">
                <field name="date" interval="month"/>
                <field name="kind"/>
            </graph>`,
    });
    checkLabels(view, ["Month 1", "Month 2", "Month 3"]);
    checkDatasets(
        view,
        ["label", "data"],
        [
            {label: "Order", data: [2, 0, 0]},
            {label: "Invoice", data: [0, 0, 1]},
            {label: "Sum", data: [2, 0, 1]},
        ]
    );
});
