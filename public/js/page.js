// One observer for the whole page. Rules run on what was added, never on the whole document again:
// a long thread has tens of thousands of nodes, and a report adds some many times a second.
const PAUSE_MS = 120;

const rules = [];
const passes = [];
const roots = new Set();
let queued = false;

/** Calls `change(element)` for every element that matches `selector`, now and when it is added or its id changes. */
export function on(selector, change) {
  rules.push({ selector, change });
}

/** Calls `pass()` after each batch of changes: for the few things there is only one of. */
export function afterChanges(pass) {
  passes.push(pass);
}

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function watch() {
  new MutationObserver(collect).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['id'],
  });
  roots.add(document.documentElement);
  flush();
}

function collect(records) {
  for (const record of records) {
    if (record.type === 'attributes') roots.add(record.target);
    for (const node of record.addedNodes) roots.add(node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);
  }
  if (queued) return;
  queued = true;
  setTimeout(flush, PAUSE_MS);
}

function flush() {
  queued = false;
  const added = outermost([...roots].filter((root) => root?.isConnected));
  roots.clear();
  for (const { selector, change } of rules) {
    for (const root of added) {
      if (root.matches(selector)) change(root);
      root.querySelectorAll(selector).forEach(change);
    }
  }
  for (const pass of passes) pass();
}

function outermost(elements) {
  const all = new Set(elements);
  return elements.filter((element) => {
    for (let above = element.parentElement; above; above = above.parentElement) if (all.has(above)) return false;
    return true;
  });
}
