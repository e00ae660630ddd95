const widths = new Map();

/**
 * @param {String} text
 * @returns {Number} how many pixels it takes in a row of a list
 */
export function getTextWidth(text) {
    if (!widths.has(text)) {
        const span = document.createElement("span");
        span.className = "invisible position-absolute text-nowrap fw-bold";
        span.textContent = text;
        document.body.append(span);
        widths.set(text, span.getBoundingClientRect().width);
        span.remove();
    }
    return widths.get(text);
}
