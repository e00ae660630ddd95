import {ActionHelper} from "@web/views/action_helper";
import {_t} from "@web/core/l10n/translation";
import {onWillStart} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";

const TITLES = {"crm.activity": _t("No activity matches your search")};

/**
 * What an empty view says: the help of its action is for where there is nothing yet. Where there is
 * something, and the search leaves it out, this says so, and offers to clear the search.
 */
export class SearchActionHelper extends ActionHelper {
    static template = "crm_activity_ext.SearchActionHelper";

    setup() {
        super.setup?.();
        this.orm = useService("orm");
        this.isAnyThere = false;
        onWillStart(async () => {
            const {searchModel} = this.env;
            if (searchModel) {
                const {context, globalDomain, resModel} = searchModel;
                const options = {context, limit: 1};
                this.isAnyThere = await this.orm.searchCount(resModel, globalDomain, options);
            }
        });
    }

    get isSearchEmpty() {
        const isSearched = this.env.searchModel?.facets.some(({type}) => type !== "groupBy");
        return Boolean(this.isAnyThere && isSearched);
    }

    get title() {
        return TITLES[this.env.searchModel.resModel] || _t("Nothing matches your search");
    }
}
