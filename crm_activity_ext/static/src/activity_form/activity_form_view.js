import {getHtmlFieldMetadata, setHtmlFieldMetadata} from "@html_editor/fields/html_field";
import {FormController} from "@web/views/form/form_controller";
import {HistoryDialog} from "@html_editor/components/history_dialog/history_dialog";
import {_t} from "@web/core/l10n/translation";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";

/** Offers to delete only what the user may delete, and the former versions of a text. */
export class ActivityFormController extends FormController {
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
}

registry.category("views").add("crm_activity_form", {
    ...formView,
    Controller: ActivityFormController,
});
