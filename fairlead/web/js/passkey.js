// A form that is sent with a passkey: a challenge from the server, the browser's answer to it, then the form.
const NOT_DONE = "No passkey was used, and nothing was changed. Try again, or take another way.";

export function passkey(form) {
  if (!globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[role=status]");
    said.textContent = "";
    try {
      form.elements.answer.value = await answerOf(form);
      form.submit();
    } catch {
      said.textContent = NOT_DONE;
    }
  });
}

async function answerOf(form) {
  const asked = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
  if (asked.status === 401) return ""; // the page that the form leads to asks to sign in again
  if (!asked.ok) throw new Error(asked.statusText);
  const options = await asked.json();
  const credential =
    form.dataset.passkey === "make"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential.toJSON());
}
