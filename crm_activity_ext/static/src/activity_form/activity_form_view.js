import {callAndReload, notifyChanged} from "../activity_changed/activity_changed";
import {getHtmlFieldMetadata, setHtmlFieldMetadata} from "@html_editor/fields/html_field";
import {FormController} from "@web/views/form/form_controller";
import {HistoryDialog} from "@html_editor/components/history_dialog/history_dialog";
import {_t} from "@web/core/l10n/translation";
import {evaluateExpr} from "@web/core/py_js/py";
import {formView} from "@web/views/form/form_view";
import {keepPrintable} from "../print_menu/print_menu";
import {registry} from "@web/core/registry";
import {useStatusRefresh} from "../sending/status_refresh";

/**
 * Offers to delete and to print only what can be, and the former versions of a text; follows what
 * becomes of a message, and sees that a saved draft of one is not taken for sent.
 */
export class ActivityFormController extends FormController {
    setup() {
        super.setup();
        useStatusRefresh(() => (this.model.root?.resId ? [this.model.root] : []));
    }

    /**
     * A button that saves may give a status with it, by its context: what is refused then leaves
     * nothing behind.
     *
     * @override
     */
    async beforeExecuteActionButton(clickParams) {
        const record = this.model.root;
        const {crm_activity_state: state} =
            clickParams.special === "save" ? evaluateExpr(clickParams.context || "{}") : {};
        this.isDraftMeant = clickParams.special === "save";
        this.closeDraftNotice?.();
        const {state: before} = record.data;
        let isSaved = false;
        try {
            if (state) {
                await record.update({state});
            }
            isSaved = (await super.beforeExecuteActionButton(clickParams)) !== false;
        } finally {
            this.isDraftMeant = true;
            if (state && !isSaved) {
                await record.update({state: before});
            }
        }
        return isSaved;
    }

    /** @override */
    async onRecordSaved(record, changes) {
        await super.onRecordSaved(...arguments);
        const {has_delivered_channel: isMessage, state} = record.data;
        if (isMessage && state === "draft" && this.isDraftMeant !== false) {
            this.notifyDraft(record.resId);
        }
        if (!isMessage && changes.state === "done") {
            notifyChanged(this.env, {
                message: _t("Saved as done."),
                plan_next_id: record.resId,
            });
        }
    }

    notifyDraft(resId) {
        this.closeDraftNotice?.();
        // The services as they are: the form may be closed when somebody clicks.
        const {env} = this;
        this.closeDraftNotice = env.services.notification.add(_t("Saved as draft."), {
            type: "info",
            buttons: [
                {
                    name: _t("Send"),
                    primary: true,
                    onClick: () => {
                        this.closeDraftNotice();
                        return callAndReload(env, "crm.activity", "action_send", [resId]);
                    },
                },
            ],
        });
    }

    getStaticActionMenuItems() {
        const items = super.getStaticActionMenuItems();
        const isAvailable = items.delete.isAvailable;
        items.delete.isAvailable = () => isAvailable() && this.model.root.data.is_deletable;
        items.openTextHistory = {
            isAvailable: () => Boolean(this.textVersions),
            sequence: 15,
            icon: "fa fa-history",
            description: _t("Version History"),
            callback: () => this.openTextHistory(),
        };
        return items;
    }

    get textVersions() {
        return this.model.root.data.html_field_history_metadata?.body;
    }

    openTextHistory() {
        const record = this.model.root;
        this.dialogService.add(HistoryDialog, {
            title: _t("Text History"),
            recordId: record.resId,
            recordModel: record.resModel,
            versionedFieldName: "body",
            historyMetadata: this.textVersions,
            restoreRequested: (html, close) => {
                const metadata = getHtmlFieldMetadata(record.data.body);
                record.update({body: setHtmlFieldMetadata(html, metadata)});
                close();
            },
        });
    }

    get actionMenuItems() {
        return keepPrintable(super.actionMenuItems, [this.model.root]);
    }
}

registry.category("views").add("crm_activity_form", {
    ...formView,
    Controller: ActivityFormController,
});
