import {Domain} from "@web/core/domain";

function mayPrint({domain}, records) {
    if (!domain) {
        return true;
    }
    const condition = new Domain(domain);
    const names = condition
        .toList({})
        .filter(Array.isArray)
        .map(([name]) => name);
    return records.some(
        // What the view has not read, the server decides.
        ({data}) => names.some((name) => !(name in data)) || condition.contains(data)
    );
}

/**
 * Take away what Odoo would only find out to print nothing once its menu is open, to say then
 * "No report available".
 *
 * @param {Object} items of the Actions and Print menus
 * @param {Object[]} records what would be printed
 * @returns {Object} the same, with those reports that fit one of the records
 */
export function keepPrintable(items, records) {
    return {...items, print: items.print?.filter((report) => mayPrint(report, records))};
}

/** The same for what is selected in a list of records; not where that is more than is loaded. */
export function keepPrintableOfSelection(items, {isDomainSelected, selection = []}) {
    return isDomainSelected ? items : keepPrintable(items, selection);
}
