// Every target smaller than `least` in either direction; a transparent ::after that enlarges it counts.
(least) => {
  const targets = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")];
  const seen = targets.filter((element) => element.checkVisibility() && !element.matches(".sr, .skip"));
  return seen.flatMap((element) => {
    const host = element.matches("input") ? (element.closest("label, .drop") ?? element) : element;
    const after = getComputedStyle(host, "::after");
    const covers = after.position === "absolute" && after.content !== "none";
    if ((covers && after.top === "0px") || getComputedStyle(host).display === "inline") return [];
    const box = host.getBoundingClientRect();
    const more = covers ? 2 * Math.max(0, -parseFloat(after.top) || 0) : 0;
    const [width, height] = [box.width + more, box.height + more];
    if (height === more || (width >= least - 0.5 && height >= least - 0.5)) return [];
    return [`${Math.round(width)}x${Math.round(height)} ${host.outerHTML.slice(0, 120)}`];
  });
}
