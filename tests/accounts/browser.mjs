// A browser without scripts: cookies, redirects and forms, and somebody who fills these in.

const unescaped = (text) =>
  text.replaceAll("&#34;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");

const attribute = (tag, name) => {
  const found = tag.match(new RegExp(`\\s${name}="([^"]*)"`));
  return found ? unescaped(found[1]) : "";
};

// The form of the page itself, which comes last, or null where there is but the one to sign out.
function formIn(text) {
  const last = [...text.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].at(-1)?.[0];
  if (!last || attribute(last, "action").endsWith("/sign-out")) return null;
  const fields = {};
  for (const [tag] of last.matchAll(/<input[^>]*>/g)) {
    if (attribute(tag, "type") !== "checkbox") fields[attribute(tag, "name")] = attribute(tag, "value");
  }
  return { action: attribute(last, "action"), fields };
}

export class Browser {
  #cookies = new Map();

  // Fill in every form on the way until the browser is led to another site, or is done; where it is then.
  async goesThrough(url, answers) {
    let page = await this.#ask(url);
    for (let steps = 0; steps < 10; steps++) {
      const form = page.text ? formIn(page.text) : null;
      if (!form) return page;
      const given = Object.fromEntries(Object.keys(form.fields).flatMap((name) =>
        name in answers && !form.fields[name] ? [[name, answers[name]]] : []));
      const body = new URLSearchParams({ ...form.fields, ...given, decision: "yes" });
      page = await this.#ask(new URL(form.action, page.url), { method: "POST", body });
    }
    throw new Error(`no end of forms at ${page.url}`);
  }

  async #ask(url, options = {}) {
    const home = new URL(url).origin;
    let next = new URL(url);
    let how = options;
    for (let hops = 0; hops < 10; hops++) {
      if (next.origin !== home) return { url: next, text: "" };
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await fetch(next, { ...how, redirect: "manual", headers: { cookie } });
      for (const line of answer.headers.getSetCookie()) {
        const [name, value] = line.split(";")[0].split("=");
        this.#cookies.set(name, value);
      }
      if (answer.status < 300 || answer.status > 399) return { url: next, text: await answer.text() };
      next = new URL(answer.headers.get("location"), next);
      how = {};
    }
    throw new Error(`redirected without end from ${url}`);
  }
}
