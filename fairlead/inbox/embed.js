// Shows a form in a frame where this script's tag stands, and gives the frame the height of what is in it.
(() => {
  const tag = document.currentScript;
  const at = new URL(tag.src);
  const shown = new URL(at.pathname.replace(/\/embed\.js$/, ""), at.origin);
  shown.searchParams.set("embed", "1");
  if (tag.dataset.lang) shown.searchParams.set("lang", tag.dataset.lang);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (/^(utm_[a-z_]+|gclid|gbraid|wbraid|fbclid|msclkid|li_fat_id|ttclid)$/.test(name)) shown.searchParams.set(name, value);
  }
  shown.searchParams.set("page_url", location.origin + location.pathname);
  if (document.referrer) shown.searchParams.set("referrer", document.referrer.slice(0, 400));

  const frame = document.createElement("iframe");
  frame.src = shown.href;
  frame.title = tag.dataset.title || "Form";
  frame.width = "100%";
  frame.height = "600";
  frame.style.border = "0";
  tag.after(frame);

  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== at.origin) return;
    const height = Number(event.data?.fairleadHeight);
    if (height > 0 && height < 20000) frame.height = String(Math.ceil(height));
    const onward = String(event.data?.fairleadOnward ?? "");
    if (/^https?:\/\//.test(onward)) location.assign(onward);
  });
})();
