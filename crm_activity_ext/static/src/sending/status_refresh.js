import {onWillUnmount} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";

/**
 * Read activities again when their queue reports what became of their messages, never over what
 * somebody is editing.
 *
 * @param {Function} getRecords gives those that are on the screen
 */
export function useStatusRefresh(getRecords) {
    const bus = useService("bus_service");
    const refresh = async ({ids}) => {
        // A view that is still loading has none yet.
        for (const record of getRecords() || []) {
            if (ids.includes(record.resId) && !(await record.isDirty())) {
                await record.load();
            }
        }
    };
    bus.subscribe("crm.activity/status", refresh);
    onWillUnmount(() => bus.unsubscribe("crm.activity/status", refresh));
}
