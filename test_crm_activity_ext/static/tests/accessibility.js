/* global axe */
import {browser} from "@web/core/browser/browser";

// Looks at screens with axe-core: see test_accessibility.py.

const LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const PAUSE = 50;
const PATIENCE = 1200;

const pause = () => new Promise((resolve) => browser.setTimeout(resolve, PAUSE));

async function until(selector) {
    for (let i = 0; i < PATIENCE; i++) {
        const element = document.querySelector(selector);
        if (element) {
            return element;
        }
        await pause();
    }
    throw new Error(`${selector} did not appear`);
}

/** What an element is, whichever record it shows. */
function getShape(element) {
    const classes = [...element.classList].filter((name) => !/\d{2}/.test(name)).sort();
    return [element.localName, ...classes].join(".");
}

/** @returns {Map} what is wrong on a screen: a rule and a shape, and how one of them looks */
async function look({name, action, shows, clicks, part}) {
    const {services} = odoo.__WOWL_DEBUG__.root.env;
    const isDialog = action.target === "new";
    await services.action.doAction(action, {clearBreadcrumbs: !isDialog});
    for (const selector of clicks) {
        (await until(selector)).click();
        await pause();
    }
    await until(shows);
    await pause();
    browser.console.log(`Looking at ${name}`);
    const {violations} = await axe.run(part || (isDialog ? ".modal" : ".o_action_manager"), {
        runOnly: {type: "tag", values: LEVELS},
        resultTypes: ["violations"],
        elementRef: true,
    });
    if (isDialog) {
        await services.action.doAction({type: "ir.actions.act_window_close"});
    }
    const found = new Map();
    for (const {id, nodes} of violations) {
        for (const {element, html, failureSummary} of nodes) {
            found.set(`${id} ${getShape(element)}`, `${name}: ${id}\n${html}\n${failureSummary}`);
        }
    }
    return found;
}

/** Put texts into the page, as code and as styles. */
function add(tag, text) {
    const element = document.createElement(tag);
    element.textContent = text;
    document.head.append(element);
}

/**
 * Look at screens, and fail for what is wrong on ours and not on Odoo's.
 *
 * @param {String} axeUrl where axe-core is
 * @param {Object} screens ours and Odoo's
 */
export async function compare(axeUrl, screens) {
    add("script", await (await browser.fetch(axeUrl)).text());
    // What is just appearing has little contrast.
    add("style", "* {transition: none !important; animation: none !important}");
    const odoos = new Map();
    for (const screen of screens.odoo) {
        for (const [key, problem] of await look(screen)) {
            odoos.set(key, problem);
        }
    }
    const ours = [];
    for (const screen of screens.ours) {
        for (const [key, problem] of await look(screen)) {
            if (!odoos.has(key)) {
                ours.push(problem);
            }
        }
    }
    if (ours.length) {
        throw new Error(`${ours.length} kinds of violations are ours:\n\n${ours.join("\n\n")}`);
    }
}
