// What this browser remembers for this user: drafts, recent records. Works without storage too, only forgetful.
const prefix = () => `fairlead:${document.body.dataset.user ?? ""}:`;

export function remembered(key) {
  try {
    return JSON.parse(localStorage.getItem(prefix() + key));
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(prefix() + key);
    else localStorage.setItem(prefix() + key, JSON.stringify(value));
  } catch {
    return;
  }
}
