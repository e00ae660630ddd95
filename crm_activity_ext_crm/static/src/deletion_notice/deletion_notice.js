import {registry} from "@web/core/registry";

registry.category("crm_activity_referenced_models").add("crm.lead", true);
