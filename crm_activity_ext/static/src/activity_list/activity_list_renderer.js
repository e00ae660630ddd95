import {ListRenderer} from "@web/views/list/list_renderer";
import {SearchActionHelper} from "../search_help/search_action_helper";
import {getTextWidth} from "./text_width";

/** For the icon in front of a text, or the badge round it, and the arrow of a sorted column. */
const ROOM_BESIDE_TEXT = 30;

/**
 * @param {any} value of a field of a record
 * @returns {Boolean} whether there is nothing to read; a zero is something
 */
const isEmpty = (value) => !value && value !== 0;

/**
 * A list that uses its room for what there is to read.
 *
 * - An optional column that is empty on the whole page gives way, and so does one with the option
 *   `give_way_if_same` that says the same in each row. The menu of the columns shows it again.
 * - A column with the option `fit_text` is as wide as its longest text, or label: it is never cut.
 *   The option may name another field, where that is what the column shows.
 */
export class ActivityListRenderer extends ListRenderer {
    static components = {...ListRenderer.components, ActionHelper: SearchActionHelper};

    setup() {
        /** @type {Set<String>} those that somebody wants to see, empty or not */
        this.wantedFields = new Set();
        /** @type {Map<String, Object>} columns of a width of their own, by their id */
        this.fittedColumns = new Map();
        super.setup();
    }

    /** @override */
    processAllColumn(allColumns, list) {
        return super
            .processAllColumn(allColumns, list)
            .map((column) => (column.options?.fit_text ? this.fitColumn(column, list) : column));
    }

    /**
     * @param {Object} column
     * @param {Object} list
     * @returns {Object} the column with its width; the same object each time, as Odoo compares them
     */
    fitColumn(column, list) {
        const {name, options} = column;
        const shown = options.fit_text in list.fields ? options.fit_text : name;
        const labels = (list.fields[name].selection || []).map(([, label]) => label);
        const texts = list.fields[shown].selection
            ? []
            : list.records.map(({data}) => data[shown]?.display_name || data[shown] || "");
        const widths = [column.label, ...labels, ...texts].map(getTextWidth);
        const width = Math.ceil(Math.max(...widths)) + ROOM_BESIDE_TEXT;
        // Odoo keeps the widths of columns as long as their ids are the same.
        const id = `${column.id}/${width}`;
        if (!this.fittedColumns.has(id)) {
            const attrs = {...column.attrs, width: `${width}px`};
            this.fittedColumns.set(id, {...column, id, attrs});
        }
        return this.fittedColumns.get(id);
    }

    /** @override */
    getActiveColumns() {
        return super.getActiveColumns().filter((column) => !this.isGivingWay(column));
    }

    isGivingWay({name, optional, options}) {
        const {list} = this.props;
        if (!optional || this.wantedFields.has(name) || list.model.useSampleModel) {
            return false;
        }
        const values = list.records.map(({data}) => data[name]);
        const first = values[0];
        return (
            Boolean(values.length) &&
            (values.every(isEmpty) ||
                Boolean(
                    options?.give_way_if_same &&
                    values.every((value) => value && value.id === first?.id)
                ))
        );
    }

    /** A column that gives way is not ticked. @override */
    get optionalFieldGroups() {
        const givingWay = new Set(
            this.allColumns.filter((column) => this.isGivingWay(column)).map(({name}) => name)
        );
        return super.optionalFieldGroups.map((group) => ({
            ...group,
            optionalFields: group.optionalFields.map((field) =>
                givingWay.has(field.name) ? {...field, value: false} : field
            ),
        }));
    }

    /** @override */
    async toggleOptionalField(fieldName) {
        const column = this.allColumns.find(({name}) => name === fieldName);
        const isHidden = this.optionalActiveFields[fieldName] && this.isGivingWay(column);
        this.wantedFields.add(fieldName);
        if (isHidden) {
            this.render();
        } else {
            await super.toggleOptionalField(fieldName);
        }
    }
}
