import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";

const ACTION = "crm_activity_ext_crm.crm_activity_action_new";
/** In the dialog where an activity is being written already. */
const BEING_WRITTEN = ".modal .o_crm_activity_type_badges";

/** *New Activity* in the command palette, from wherever one is, for those who may make one. */
const newActivityCommand = {
    dependencies: ["action", "command"],
    async start(env, {action, command}) {
        if (!(await user.hasGroup("sales_team.group_sale_salesman"))) {
            return;
        }
        const showInView = () =>
            action.currentController?.view?.multiRecord && action.doAction("soft_reload");
        command.add(
            _t("New Activity"),
            () => {
                action.doAction(ACTION, {onClose: showInView});
            },
            {
                category: "app",
                hotkey: "alt+shift+n",
                global: true,
                hotkeyOptions: {bypassEditableProtection: true},
                isAvailable: () => !document.querySelector(BEING_WRITTEN),
            }
        );
    },
};

registry.category("services").add("crm_activity_new_command", newActivityCommand);
