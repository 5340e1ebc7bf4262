// Starts each behaviour once per element.
const started = new WeakMap();

export function start(root, behaviours) {
  if (!(root instanceof Element)) return;
  const found = [...root.querySelectorAll("[data-behaviour]")];
  if (root.matches("[data-behaviour]")) found.unshift(root);
  for (const element of found) {
    for (const name of element.dataset.behaviour.split(" ")) once(element, name, behaviours[name]);
  }
}

function once(element, name, behaviour) {
  const names = started.get(element) ?? new Set();
  if (names.has(name) || !behaviour) return;
  started.set(element, names.add(name));
  behaviour(element);
}
