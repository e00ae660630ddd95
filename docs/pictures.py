# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is on the pictures of the documentation, and how to get there.

Run by `script/pictures`, with the address of a server with demo data, the path of a browser,
and the names of the pictures to take. A picture is a function: its name is that of the file.
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
# {language: (its folder, the user's language in Odoo)}
LANGUAGES = {"en": (IMAGES, "en_US"), "es": (IMAGES / "es", "es_ES")}
# Those on the addon's page in Apps.
ADDON = Path(__file__).parents[1] / "crm_activity_ext" / "static" / "description"
ON_ADDON_PAGE = {"activity-form", "campaign-matrix", "history"}
SIZE = {"width": 1400, "height": 860}
PHONE = {"width": 390, "height": 844}
COLOURS = 256
OPTIONS = ["--no-sandbox", "--disable-gpu"]

CALL = """async ([model, method, args, lang]) => {
    const params = {model, method, args, kwargs: {context: {lang}}};
    const response = await fetch(`/web/dataset/call_kw/${model}/${method}`, {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({jsonrpc: "2.0", method: "call", params}),
    });
    const answer = await response.json();
    if (answer.error) throw new Error(answer.error.data.message);
    return answer.result;
}"""

PICTURES = {}


def picture(take):
    PICTURES[take.__name__.replace("_", "-")] = take
    return take


class Screen:
    """A page of Odoo's web client, and the few things that are done in it."""

    def __init__(self, page, address, language, desk=None):
        self.page = page
        # Calls are made from here, where nothing else happens.
        self._desk = desk or page
        self._address = address
        self._language = language

    def log_in(self, login):
        self.page.goto(f"{self._address}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")
        self.see(".o_main_navbar")

    def call(self, model, method, *args):
        return self._desk.evaluate(CALL, [model, method, args, self._language])

    def find(self, model, **values):
        domain = [[name, "=", value] for name, value in values.items()]
        return self.call(model, "search", domain)[0]

    def choose_type(self, channel):
        type_id = self.find("mail.activity.type", crm_channel=channel)
        name = self.call("mail.activity.type", "read", [type_id], ["name"])[0]["name"]
        self.click(f".o_selection_badge >> text='{name}'")

    def open(self, path, wanted):
        self.page.goto(f"{self._address}/odoo/{path}")
        self.see(wanted)

    def see(self, wanted):
        self.page.wait_for_selector(wanted)

    def click(self, target, wanted="body"):
        self.page.locator(target).first.click()
        self.see(wanted)

    def view(self, kind, wanted):
        self.click(f".o_switch_view.o_{kind}", wanted)

    def clear_search(self):
        while self.page.locator(".o_facet_remove").count():
            self.click(".o_facet_remove")
            self.settle()

    def settle(self):
        # Not until the network is idle: the client keeps asking for news.
        self.page.wait_for_timeout(1000)

    def save(self, file):
        self.settle()
        # Nothing is under the mouse.
        self.page.mouse.move(SIZE["width"] // 2, SIZE["height"] - 2)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=file)
        Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)


def open_customer(screen):
    customer = screen.find("res.partner", name="Acme Corporation")
    screen.open(f"contacts/{customer}", ".o_form_view button[name=action_new_crm_activity]")


def open_campaign(screen):
    campaign = screen.find("utm.campaign", title="Spring Catalogue")
    screen.open(f"crm-campaigns/{campaign}", ".o_form_view .o_crm_campaign_progress")


def new_activity(screen, channel, subject):
    screen.open("crm-activities/new", ".o_form_view .o_selection_badge")
    screen.choose_type(channel)
    screen.page.fill(".o_field_widget[name=name] :is(input, textarea)", subject)


def choose(screen, field, text):
    screen.page.fill(f".o_field_widget[name={field}] input", text)
    screen.click(f".o-autocomplete--dropdown-item >> text={text}")


@picture
def apps(screen):
    screen.open("apps", ".o_kanban_record")
    screen.page.fill(".o_searchview_input", "CRM")
    screen.page.keyboard.press("Enter")
    screen.settle()


@picture
def activities_list(screen):
    screen.open("crm-activities", ".o_list_view .o_data_row")


@picture
def activities_kanban(screen):
    screen.open("crm-activities", ".o_list_view")
    screen.view("kanban", ".o_kanban_view")
    screen.clear_search()
    screen.see(".o_kanban_record")


@picture
def activities_calendar(screen):
    screen.open("crm-activities", ".o_list_view")
    screen.view("calendar", ".o_calendar_view .fc-event")


@picture
def activities_graph(screen):
    screen.open("crm-activities", ".o_list_view")
    screen.view("graph", ".o_graph_view canvas")
    screen.clear_search()


@picture
def activity_new(screen):
    new_activity(screen, "visit", "")
    screen.page.click(".o_form_button_save")
    screen.see(".o_field_invalid")


@picture
def activity_form(screen):
    activity = screen.find("crm.activity", name="Second variant of the quotation", state="pending")
    screen.open(f"crm-activities/{activity}", ".o_form_view .o_statusbar_status")


@picture
def customer_form(screen):
    open_customer(screen)


@picture
def activity_dialog(screen):
    open_customer(screen)
    screen.click("button[name=action_new_crm_activity]", ".modal .o_selection_badge")
    screen.choose_type("call_out")


@picture
def contacts_selected(screen):
    screen.open("contacts", ".o_kanban_view, .o_list_view")
    screen.view("list", ".o_data_row")
    for row in range(3):
        screen.page.locator(".o_data_row .o_list_record_selector input").nth(row).click()
    screen.see(".o_control_panel button[name=action_new_crm_activity]")


@picture
def distribute(screen):
    contacts_selected(screen)
    screen.click(
        ".o_control_panel button[name=action_new_crm_activity]",
        ".modal button[name=action_distribute]",
    )
    screen.choose_type("email_out")
    screen.click(".modal .o_field_widget[name=mail_template_id] input")
    screen.click(".o-autocomplete--dropdown-item a:has-text('CRM')")
    screen.see(".modal .o_field_widget[name=preview] p")


@picture
def activity_template(screen):
    new_activity(screen, "email_out", "")
    choose(screen, "partner_id", "Acme Corporation")
    screen.page.fill(".o_field_widget[name=mail_template_id] input", "")
    screen.click(".o_field_widget[name=mail_template_id] input")
    screen.click(".o-autocomplete--dropdown-item a:has-text('CRM')")


@picture
def history(screen):
    open_customer(screen)
    screen.click("button[name=action_view_crm_history]", ".o_list_view .o_data_row")


@picture
def history_months(screen):
    history(screen)
    screen.click("button[name=action_view_last_months]", ".o_graph_view canvas")


@picture
def activity_campaign(screen):
    new_activity(screen, "call_out", "Ask what they think of the catalogue")
    choose(screen, "partner_id", "Acme Corporation")
    screen.click(".o_field_widget[name=campaign_id] input", ".o-autocomplete--dropdown-item")


@picture
def campaigns_list(screen):
    screen.open("crm-campaigns", "td[name=audience_reached_share] [aria-busy=false]")


@picture
def campaign_form(screen):
    open_campaign(screen)


@picture
def campaign_matrix(screen):
    open_campaign(screen)
    screen.click("button[name=action_view_crm_customers]", ".o_crm_campaign_matrix")
    screen.clear_search()
    screen.see(".o_crm_campaign_matrix .o_data_row")


@picture
def campaign_pivot(screen):
    campaign = screen.find("utm.campaign", title="Spring Catalogue")
    screen.open(f"{campaign}/crm-campaign-activities", ".o_pivot table")


@picture
def outbox(screen):
    email = screen.find("crm.activity", channel="email_out", name="Second variant of the quotation")
    screen.call("crm.activity", "action_send", [email])
    screen.open("crm-activities", ".o_list_view")
    screen.click("[data-menu-xmlid='crm_activity_ext_crm.crm_activity_menu_outbox']")
    screen.see(".o_list_view .o_data_row")


@picture
def activity_options(screen):
    screen.open("crm-activities", ".o_data_row")
    screen.click(".o_data_row td[name=name]", ".o_form_view")
    screen.click(".o_cp_action_menus button:has(.fa-cog)", ".o-dropdown--menu")


@picture
def activities_export(screen):
    screen.open("crm-activities", ".o_list_view .o_data_row")
    screen.clear_search()
    for row in range(3):
        screen.page.locator(".o_data_row .o_list_record_selector input").nth(row).click()
    screen.click(".o_cp_action_menus button:has(.fa-cog)", ".o-dropdown--menu")


@picture
def import_activities(screen):
    screen.open("crm-activities", ".o_list_view")
    screen.click(".o_cp_action_menus button:has(.fa-cog)", ".o-dropdown--menu .o_import_menu")
    screen.click(".o_import_menu", ".o_import_action")


@picture
def my_day(screen):
    # A salesperson's, and not the team's, which an administrator begins with.
    action = "action-crm_activity_ext.crm_activity_action_my_day"
    screen.open(action, ".o_list_view .o_data_row")


@picture
def mark_done(screen):
    call = screen.find("crm.activity", state="pending", channel="call_out")
    screen.open(f"crm-activities/{call}", ".o_form_view button[name=action_mark_done]")
    screen.click("button[name=action_mark_done]", ".modal .o_field_widget[name=outcome_id]")


@picture
def work_through(screen):
    my_day(screen)
    screen.click("button[name=action_work_through]", ".o_work_through")


@picture
def work_through_phone(screen):
    # As large as on a phone from the beginning: Odoo asks once.
    screen.page.set_viewport_size(PHONE)
    action = "action-crm_activity_ext.crm_activity_action_my_day"
    screen.open(action, ".o_kanban_view .o_kanban_record")
    screen.click(".o_control_panel button:has(.oi-ellipsis-v):visible", ".o-dropdown--menu")
    screen.click("button[name=action_work_through]:visible", ".o_work_through")


@picture
def outcomes(screen):
    screen.open("crm-activity-outcomes", ".o_list_view .o_data_row")


@picture
def activity_sms(screen):
    new_activity(screen, "sms", "Your chairs are ready")
    choose(screen, "partner_id", "Acme Corporation")
    screen.page.locator(".o_field_widget[name=body] [contenteditable=true]").click()
    screen.page.keyboard.type("Your chairs are ready. You can pick them up from 8 to 18 h.")
    screen.click(".o_form_sheet")


@picture
def user_rights(screen):
    user = screen.find("res.users", login="demo")
    screen.open(f"action-base.action_res_users/{user}", ".o_form_view")
    screen.click(".o_form_view a[name=access_rights]")


@picture
def does_not_want(screen):
    customer = screen.find("res.partner", name="Gemini Furniture")
    wishes = dict.fromkeys(["crm_refuses_call_since", "crm_refuses_post_since"], "2026-03-03")
    wishes["crm_refusal_reason"] = "Robinson"
    screen.call("res.partner", "write", [customer], wishes)
    screen.open(f"contacts/{customer}", ".o_form_view")
    screen.click("a[name=sales_purchases]", ".o_field_widget[name=crm_refusal_reason]")
    screen.page.locator(".o_field_widget[name=crm_refusal_user_id]").scroll_into_view_if_needed()


@picture
def opt_out_list(screen):
    action = "action-crm_activity_ext.crm_activity_opt_out_import_action"
    screen.open(action, ".o_control_panel button.btn-primary")
    screen.click(".o_control_panel button.btn-primary", ".modal .o_field_widget[name=file]")
    rows = "Email,On List\nedwin.hansen58@example.com,1\nbilly.fox45@example.com,0\n"
    file = {"name": "robinson.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    screen.page.set_input_files(".modal .o_field_widget[name=file] input[type=file]", file)
    screen.see(".modal .o_field_widget[name=found]")


@picture
def sequence(screen):
    sequence = screen.find("crm.activity.sequence", target_model="crm.lead")
    [values] = screen.call("crm.activity.sequence", "read", [sequence], ["enrollment_count"])
    if not values["enrollment_count"]:
        # Those of a colleague, whose steps are not in one's own lists.
        theirs = [["email_from", "!=", False], ["user_id.login", "=", "demo"]]
        leads = screen.call("crm.lead", "search", theirs)
        screen.call("crm.activity.sequence", "action_enroll", [sequence], "crm.lead", leads)
    screen.open(f"crm-sequences/{sequence}", ".o_form_view .o_data_row")


@picture
def sequence_start(screen):
    open_campaign(screen)
    screen.click("button[name=action_view_crm_leads]", ".o_crm_campaign_matrix")
    screen.clear_search()
    screen.see(".o_crm_campaign_matrix .o_data_row")
    for row in range(3):
        screen.page.locator(".o_data_row .o_list_record_selector input").nth(row).click()
    screen.click(
        ".o_control_panel button[name=action_start_crm_sequence]",
        ".modal .o_field_widget[name=sequence_id]",
    )
    screen.click(".modal .o_field_widget[name=sequence_id] input")
    screen.click(".o-autocomplete--dropdown-item a", ".modal .o_field_widget[name=steps_preview]")


def take(names, address, browser):
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=OPTIONS)
        for folder, language in LANGUAGES.values():
            folder.mkdir(parents=True, exist_ok=True)
            context = chromium.new_context(viewport=SIZE, locale=language.replace("_", "-"))
            desk = context.new_page()
            screen = Screen(desk, address, language)
            # Who sees everything, and so has more to show.
            screen.log_in("admin")
            user = screen.find("res.users", login="admin")
            screen.call("res.users", "write", [user], {"lang": language})
            for name in names:
                # Closed, and not left: Odoo's client saves what one leaves.
                with context.new_page() as page:
                    screen = Screen(page, address, language, desk)
                    PICTURES[name](screen)
                    file = folder / f"{name}.png"
                    screen.save(file)
                    if name in ON_ADDON_PAGE and folder == IMAGES:
                        shutil.copy(file, ADDON)
                    print(f"    {file.relative_to(IMAGES.parent)}", flush=True)


def main(address, browser, *names):
    if unknown := set(names) - PICTURES.keys():
        sys.exit(f"There is no picture {', '.join(sorted(unknown))}: {', '.join(PICTURES)}.")
    take(names or PICTURES, address, browser)


if __name__ == "__main__":
    main(*sys.argv[1:])
