"use strict";
// Forms are sent, and what is new is shown, without the page being loaded again.
// All HTML is the server's, which escapes what events hold.
(() => {
	const most = 200; // deliveries that the page keeps
	const entries = document.getElementById("entries");
	const link = document.getElementById("link");
	const announcement = document.getElementById("announcement");
	let loading = false;

	document.addEventListener("submit", async (event) => {
		const form = event.target;
		event.preventDefault();
		const button = event.submitter;
		if (button.getAttribute("aria-busy") === "true") return;
		button.setAttribute("aria-busy", "true");
		const owner = form.querySelector(".note") && form.closest("[id]");
		let text, ok = false;
		try {
			const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Fngen-Script": "1" } });
			text = await answer.text();
			ok = answer.ok;
		} catch (error) {
			text = "Not sent: " + error.message;
		}
		// The form may have been replaced meanwhile.
		const note = (owner && document.getElementById(owner.id)?.querySelector(".note")) || document.getElementById("note");
		note[ok ? "innerHTML" : "textContent"] = text;
		button.removeAttribute("aria-busy");
	});

	document.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
			event.preventDefault();
			event.target.form.requestSubmit(event.target.form.querySelector("button.main"));
		}
	});

	// A link to a function opens it.
	const open = () => {
		const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
		if (!target || target.localName !== "details") return;
		target.open = true;
		target.querySelector("summary").focus({ preventScroll: true });
		target.scrollIntoView({ block: "nearest" });
	};
	addEventListener("hashchange", open);
	document.addEventListener("click", (event) => {
		const a = event.target.closest("a[href]");
		if (a && a.closest("svg") && a.getAttribute("href") === location.hash) open();
	});
	open();

	// A part is replaced, but what is open in it, typed, noted and focused stays.
	const replace = (id, version, html) => {
		const part = document.getElementById(id);
		if (!part || part.dataset.version === version) return;
		const opened = [...part.querySelectorAll("details[open]")].map((d) => d.id);
		const typed = [...part.querySelectorAll("textarea, input:not([type=hidden])")].filter((t) => t.value !== t.defaultValue).map((t) => [t.id, t.value]);
		const noted = [...part.querySelectorAll("details[id]:has(.note:not(:empty))")].map((d) => [d.id, d.querySelector(".note").innerHTML]);
		const had = part.contains(document.activeElement) && document.activeElement;
		const focused = had && (had.id || (had.parentElement && had.parentElement.id));
		const isSummary = had && had.localName === "summary";
		const scrolled = part.scrollLeft;
		part.innerHTML = html;
		part.dataset.version = version;
		part.scrollLeft = scrolled;
		for (const id of opened) {
			const d = document.getElementById(id);
			if (d) d.open = true;
		}
		for (const [id, value] of typed) {
			const t = document.getElementById(id);
			if (t) t.value = value;
		}
		for (const [id, html] of noted) {
			const note = document.getElementById(id)?.querySelector(".note");
			if (note) note.innerHTML = html;
		}
		if (had && had !== part) {
			let to = focused && document.getElementById(focused);
			if (to && isSummary) to = to.querySelector("summary");
			to = to || part.querySelector("h2") || part;
			to.focus({ preventScroll: true });
		}
	};

	// Readers of screens are told the last delivery, and not each of many.
	let arrived = 0, last = "", timer = 0;
	const announce = (summary) => {
		arrived++;
		last = [".who", ".outcome", ".attempt"].map((c) => summary.querySelector(c)?.textContent).filter(Boolean).join(", ");
		timer ||= setTimeout(() => {
			announcement.textContent = arrived === 1 ? last : `${arrived} deliveries, the last: ${last}`;
			arrived = timer = 0;
		}, 1500);
	};

	const body = document.body.dataset;
	const source = new EventSource(`events?session=${encodeURIComponent(body.session)}&after=${encodeURIComponent(body.after)}`);
	source.addEventListener("entry", (event) => {
		entries.insertAdjacentHTML("afterbegin", event.data);
		const entry = entries.firstElementChild;
		entry.classList.add("new");
		const summary = entry.querySelector("summary");
		if (summary) announce(summary);
		while (entries.children.length > most) entries.lastElementChild.remove();
	});
	source.addEventListener("part", (event) => {
		const end = event.data.indexOf("\n");
		const [id, version] = event.data.slice(0, end).split(" ");
		replace(id, version, event.data.slice(end + 1));
	});
	source.addEventListener("reload", () => {
		if (loading) return;
		loading = true;
		source.close();
		location.reload();
	});
	source.addEventListener("open", () => { link.textContent = ""; });
	source.addEventListener("error", () => { link.textContent = "Not connected: is fngen dev running?"; });
})();
