// What the turns of the open thread have cost, told by their cards, for the sum that the last card shows.
import { rcUI } from './rcui.js';

const costs = new Map();
const listeners = new Set();

rcUI.costs = {
  /** By card; null for a turn that cost nothing yet. Under `earlier` those of all turns that are not on the page. */
  set(card, cost) {
    costs.set(card, cost);
    tell();
  },
  remove(card) {
    costs.delete(card);
    tell();
  },
  all: () => [...costs.values()].flat().filter(Boolean),
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

function tell() {
  listeners.forEach((listener) => listener());
}
