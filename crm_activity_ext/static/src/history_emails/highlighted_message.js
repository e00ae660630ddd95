import {FormRenderer} from "@web/views/form/form_renderer";
import {patch} from "@web/core/utils/patch";

/** What opens a document may name a message in its chatter, as an address of Odoo's does. */
patch(FormRenderer.prototype, {
    setup() {
        super.setup();
        this.highlightMessageId ||= this.props.record.context.highlight_message_id;
    },
});
