# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read all there is to read on our screens, as the web client would: run inside Odoo."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tools.safe_eval import safe_eval

# What people come to from our screens, and what is read there as well.
TARGETS = ("res.partner", "crm.lead", "utm.campaign")
ROWS = 20


def read_every_screen(env, logins):
    """Let people open each of our actions in each of its views, and read every field.

    :param list logins: of these users
    :return dict: ``{"read": [[login, screen, fields, rows]], "problems": [str]}``
    """
    read, problems = [], []
    for login in logins:
        user_env = env(user=env["res.users"].search([("login", "=", login)]))
        for title, model_name, views, domain, context in _get_screens(user_env):
            model = user_env[model_name].with_context(**context)
            for view_id, view_type in views:
                screen = f"{title} ({view_type})"
                env.invalidate_all()  # what one may read is not what the next may
                try:
                    with env.cr.savepoint():
                        counts = _read_screen(model, view_id, view_type, domain)
                        read.append([login, screen, *counts])
                except Exception as error:
                    problems.append(f"{login}, {screen}: {error}")
    return {"read": read, "problems": problems}


def _get_screens(env):
    """:return: list of ``(title, model, views, domain, context)`` that this user may open"""
    screens = []
    campaign = env["utm.campaign"].sudo().search([("crm_activity_ids", "!=", False)], limit=1)
    Action = env["ir.actions.act_window"].sudo()
    for xmlid, action_id in _get_ours(env, Action._name):
        action = Action.browse(action_id)
        groups = action.group_ids
        model = env[action.res_model]
        if (groups and not groups & env.user.all_group_ids) or not model.has_access("read"):
            continue
        active = {"active_id": campaign.id, "active_ids": campaign.ids, "uid": env.uid}
        context = {**_literal(action.context, active), **active}
        views = [*action.views, (action.search_view_id.id, "search")]
        screens.append((xmlid, model._name, views, _literal(action.domain, active), context))
    for name in TARGETS:
        record = env[name].search([], limit=1)
        views = [(record.get_formview_id(), "form"), (False, "list"), (False, "kanban")]
        screens.append((name, name, views, [], {}))
    return screens


def _get_ours(env, model_name):
    """:return: list of ``(external id, id)`` of what our addons have brought of this model"""
    found = (
        env["ir.model.data"]
        .sudo()
        .search_fetch(
            [("model", "=", model_name), ("module", "=like", "crm\\_activity\\_ext%")],
            ["complete_name", "res_id"],
            order="module, name",
        )
    )
    return [(data.complete_name, data.res_id) for data in found]


def _literal(text, names):
    return safe_eval(text, {**names, "allowed_company_ids": [1]}) if text else {}


def _read_screen(model, view_id, view_type, domain):
    """:return: how many fields were read, of how many records"""
    views = model.get_views([(view_id, view_type)], {"toolbar": True, "load_filters": True})
    arch = etree.fromstring(views["views"][view_type]["arch"])
    spec = _get_spec(model, arch)
    if view_type == "search":
        return len(spec), 0
    if model.is_transient():
        model.onchange({}, [], spec)
        return len(spec), 0
    if view_type in ("graph", "pivot"):
        for name in spec:
            if model._fields[name]._description_groupable(model.env):
                dated = ":month" * (model._fields[name].type in ("date", "datetime"))
                model.formatted_read_group(domain or [], [name + dated], ["__count"])
        return len(spec), 0
    records = model.search(domain or [], limit=ROWS)
    try:
        with model.env.cr.savepoint():
            records.web_read(spec)
    except AccessError as error:
        culprits = [name for name in spec if not _can_read(records, {name: spec[name]})]
        raise AccessError(f"{', '.join(culprits)}: {error}") from error
    if view_type == "form" and model.has_access("create"):
        model.onchange({}, [], spec)
    return len(spec), len(records)


def _can_read(records, spec):
    try:
        with records.env.cr.savepoint():
            records.invalidate_recordset()
            records.web_read(spec)
    except AccessError:
        return False
    return True


def _get_spec(model, arch):
    """:return: what the web client asks for with this view, by field"""
    spec = {}
    depth = int(arch.xpath("count(ancestor::field)"))
    for node in arch.xpath(".//field[count(ancestor::field) = $depth]", depth=depth):
        field = model._fields.get(node.get("name"))
        if field is None:
            continue
        one = spec.setdefault(field.name, {})
        if field.type == "many2one":
            one["fields"] = {"display_name": {}}
        elif field.type in ("one2many", "many2many"):
            inside = one.setdefault("fields", {"display_name": {}})
            for view in node:
                inside.update(_get_spec(model.env[field.comodel_name], view))
    return spec
