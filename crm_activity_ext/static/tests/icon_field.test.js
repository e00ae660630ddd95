import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {press, queryFirst} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class Kind extends models.Model {
    name = fields.Char();
    icon = fields.Char();

    _records = [
        {id: 1, name: "Call", icon: "fa-phone"},
        {id: 2, name: "Own", icon: "fa-space-shuttle"},
        {id: 3, name: "None", icon: false},
    ];
}

defineMailModels();
defineModels([Kind]);

const mountKind = (resId) =>
    mountView({
        type: "form",
        resModel: "kind",
        resId,
        arch: `<form><field name="name"/><field name="icon" widget="crm_activity_icon"/></form>`,
    });

test("an icon is picked among those that are offered, and none is typed", async () => {
    onRpc("kind", "web_save", ({args}) => expect.step(args[1]));
    await mountKind(1);
    expect(".o_field_widget[name=icon] input").toHaveCount(0);
    expect(".o_crm_icon_button").toHaveAttribute("aria-label", "Phone");
    await contains(".o_crm_icon_button").click();
    expect(".o_crm_icon[aria-checked=true]").toHaveAttribute("data-icon", "fa-phone");
    await contains(".o_crm_icon[aria-label=Coffee]").click();
    expect(".o_crm_icon").toHaveCount(0);
    expect(".o_crm_icon_button .fa-coffee").toHaveCount(1);
    await contains(".o_form_button_save").click();
    expect.verifySteps([{icon: "fa-coffee"}]);
});

test("the arrow keys go where they point, and Enter picks", async () => {
    await mountKind(1);
    await contains(".o_crm_icon_button").click();
    const icons = [...document.querySelectorAll(".o_crm_icon")];
    await press("ArrowDown");
    await animationFrame();
    await press("ArrowRight");
    await animationFrame();
    const focused = icons.indexOf(document.activeElement);
    await press("ArrowDown");
    await animationFrame();
    expect(icons.indexOf(document.activeElement)).toBe(focused + 8);
    await press("ArrowLeft");
    await animationFrame();
    expect(icons.indexOf(document.activeElement)).toBe(focused + 7);
    const {icon} = icons[focused + 7].dataset;
    await press("Enter");
    await animationFrame();
    expect(`.o_crm_icon_button .${icon}`).toHaveCount(1);
});

test("an icon of somebody's own stays until another one is picked", async () => {
    onRpc("kind", "web_save", ({args}) => expect.step(args[1]));
    await mountKind(2);
    expect(queryFirst(".o_crm_icon_button i")).toHaveClass("fa-space-shuttle");
    expect(".o_crm_icon_button").toHaveAttribute("aria-label", "Another icon");
    await contains(".o_field_widget[name=name] input").edit("Shuttle");
    await contains(".o_form_button_save").click();
    expect.verifySteps([{name: "Shuttle"}]);
    expect(".o_crm_icon_button .fa-space-shuttle").toHaveCount(1);
});

test("without an icon it says what to do", async () => {
    await mountKind(3);
    expect(".o_crm_icon_button").toHaveText("Choose an icon");
});
