import {user} from "@web/core/user";

const SETTING = "crm_history_hide_emails";

/**
 * Emails are hidden or not as the user has last left them, in each view.
 * @param {Class} Base the search model of the view
 * @returns {Class}
 */
export const rememberingEmails = (Base) =>
    class extends Base {
        /**
         * The address of the window may be older than what is remembered.
         * @override
         */
        async load(config) {
            const context = {...config.context, search_default_hide_emails: user.settings[SETTING]};
            return super.load({...config, context});
        }

        isFilterActive(name) {
            return this.query.some(
                ({searchItemId}) => this.searchItems[searchItemId].name === name
            );
        }

        /**
         * Who asks for emails alone does not want them hidden.
         * @override
         */
        toggleSearchItem(searchItemId) {
            if (this.searchItems[searchItemId].name === "kind_email") {
                this.query = this.query.filter(
                    (element) => this.searchItems[element.searchItemId].name !== "hide_emails"
                );
            }
            return super.toggleSearchItem(searchItemId);
        }

        /**
         * @override
         */
        async _notify() {
            await super._notify();
            if (this.blockNotification) {
                return;
            }
            const isHiding = this.isFilterActive("hide_emails");
            if (isHiding !== Boolean(user.settings[SETTING])) {
                // At once, so that nothing that comes meanwhile writes it again.
                user.updateUserSettings(SETTING, isHiding);
                await user.setUserSettings(SETTING, isHiding);
            }
        }
    };
