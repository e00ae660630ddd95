/** As many as the server looks at for the next one. */
const MAX_AHEAD = 100;

/** The ids of a list that is worked through, and the place in it. */
export class WorkList {
    /**
     * @param {Number[]} ids in the order of the list
     */
    constructor(ids) {
        this.ids = [...ids];
        this.index = -1;
        /** Those whose customer a colleague was with: they come again at the end, once. */
        this.deferred = new Set();
    }

    get currentId() {
        return this.ids[this.index] || false;
    }

    get total() {
        return this.ids.length;
    }

    /** What to ask the server for: those after this, or this and those before it, backwards. */
    getNext() {
        return this.ids.slice(this.index + 1, this.index + 1 + MAX_AHEAD);
    }

    getPrevious() {
        const before = this.ids.slice(0, Math.max(this.index, 0)).reverse();
        const current = this.ids.slice(Math.max(this.index, 0), this.index + 1);
        return [...before.slice(0, MAX_AHEAD - 1), ...current];
    }

    /** Go to an activity, or behind what the server has looked at. */
    goTo(id, asked) {
        this.index = this.ids.indexOf(id || asked.at(-1));
    }

    /**
     * @param {Number[]} ids whose customers somebody is with
     */
    defer(ids) {
        for (const id of ids) {
            const index = this.ids.indexOf(id);
            if (!this.deferred.has(id) && index < this.ids.length - 1) {
                this.deferred.add(id);
                this.ids.splice(index, 1);
                this.ids.push(id);
                if (index <= this.index) {
                    this.index--;
                }
            }
        }
    }
}
