import {TextField, textField} from "@web/views/fields/text/text_field";
import {registry} from "@web/core/registry";

/**
 * A subject in one line. One that was proposed is selected when the field gets the focus, so that
 * typing replaces it; what somebody has typed is left alone.
 */
export class SubjectField extends TextField {
    static template = "crm_activity_ext.SubjectField";

    onInput({target}) {
        this.typed = target.value;
    }

    onFocus({target}) {
        if (this.props.record.isNew && target.value !== this.typed) {
            target.select();
        }
    }

    onMousedown({target}) {
        this.isClickedInto = document.activeElement !== target;
    }

    /** A click that gives the focus takes the selection away again, unless it has dragged one. */
    onClick(ev) {
        if (this.isClickedInto && ev.target.selectionStart === ev.target.selectionEnd) {
            this.onFocus(ev);
        }
    }
}

registry.category("fields").add("crm_activity_subject", {
    ...textField,
    component: SubjectField,
    supportedTypes: ["char"],
    extractProps: (fieldInfo, dynamicInfo) => ({
        ...textField.extractProps(fieldInfo, dynamicInfo),
        lineBreaks: false,
    }),
});
