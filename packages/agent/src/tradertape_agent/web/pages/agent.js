"use strict"
// The local UI: one page per tab, text only (nothing that a broker or the cloud says becomes markup).

const TOKEN = "tradertape-agent-device"
const REFRESH_MS = 10000
let session = { csrf: "", is_local: false, is_paired: false }
let current = "Dashboard"

async function call(method, path, body) {
  const headers = { "X-CSRF-Token": session.csrf }
  const token = localStorage.getItem(TOKEN)
  if (token) headers["X-Device-Token"] = token
  if (body !== undefined) headers["Content-Type"] = "application/json"
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  const found = await answer.json()
  if (answer.status === 401 && path !== "/api/pairing") await start()
  if (!answer.ok) throw new Error(found.detail || `the agent answered ${answer.status}`)
  return found
}
const get = (path) => call("GET", path)

function node(tag, given, ...inside) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(given || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value)
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value)
  }
  for (const one of inside.flat()) if (one !== null && one !== undefined) made.append(one)
  return made
}
const text = (words, kind) => node("p", { class: kind }, words)
const card = (...inside) => node("section", { class: "card" }, ...inside)
const row = (...inside) => node("div", { class: "row" },
  ...inside.map((one) => typeof one === "string" ? node("span", {}, one) : one))

function button(words, work, kind) {
  const made = node("button", { type: "button", class: kind }, words)
  made.addEventListener("click", async () => {
    made.disabled = true
    try {
      await work()
      await draw()
    } catch (error) { show(error.message) }
    made.disabled = false
  })
  return made
}

function table(titles, rows) {
  const head = node("tr", {}, titles.map((one) => node("th", { scope: "col" }, one)))
  const body = rows.map((cells) => node("tr", {}, cells.map((one) => node("td", {}, one === null ? "–" : one))))
  return node("div", { class: "wide" }, node("table", {}, node("thead", {}, head), node("tbody", {}, body)))
}
const rupees = (value) => value === null ? "–" : "₹" + Number(value).toLocaleString("en-IN", { maximumFractionDigits: 2 })
const signed = (value) => node("span", { class: Number(value) < 0 ? "bad" : "good" }, rupees(value))
const problems = (list) => (list || []).map((one) => text(one, "bad"))
function show(words) { document.getElementById("health").textContent = words }

const pages = {
  async Dashboard() {
    const found = await get("/api/dashboard")
    const drift = found.reconciliation || {}
    return [
      card(text("Portfolio value", "note"), node("p", { class: "big" }, rupees(found.value)),
        row("Invested", rupees(found.invested)), row(`Profit (${found.pnl_pct} %)`, signed(found.pnl)),
        row(`Today (${found.day_change_pct} %)`, signed(found.day_change)), row("Cash", rupees(found.cash))),
      card(row(`${found.waiting_signals} signals wait for you`, button("Show", () => open("Signals"))),
        row(`Drift: ${drift.drift ?? "not compared yet"}`, button("Show", () => open("Reconciliation")))),
      found.unclear_orders.map((one) => card(text(`${one.key}: ${one.message}`, "bad"))),
      problems(found.problems),
    ]
  },
  async Signals() {
    const found = await get("/api/signals")
    if (!found.length) return [text("No signals yet. They appear here when a strategy of a portfolio that this agent executes raises one.")]
    return found.map((one) => card(
      row(node("strong", {}, `${one.side ?? ""} ${one.quantity ?? ""} ${one.instrument ?? one.id}`), one.state),
      text([one.order_type, one.trigger_price && `trigger ${one.trigger_price}`, one.limit_price && `limit ${one.limit_price}`,
        one.stop_price && `stop ${one.stop_price}`].filter(Boolean).join(" · ")),
      one.why ? text(one.why, "note") : null,
      one.reason ? text(one.reason, "note") : null,
      (one.denials || []).map((why) => text(`The risk rules refuse it: ${why}`, "bad")),
      one.intents.map((intent) => text(`${intent.kind} ${intent.state}: ${intent.filled} of ${intent.quantity} filled ${intent.message}`, "note")),
      one.can_decide ? row(
        button("Reject", () => call("POST", `/api/signals/${encodeURIComponent(one.id)}/reject`, {}), "danger"),
        button("Approve", () => call("POST", `/api/signals/${encodeURIComponent(one.id)}/approve`, {}), "main")) : null))
  },
  async Holdings() {
    const [holdings, positions] = await Promise.all([get("/api/holdings"), get("/api/positions")])
    return [
      node("h2", {}, "Holdings"),
      table(["Symbol", "Quantity", "Average", "Last", "Value", "Profit"], holdings.items.map((one) =>
        [`${one.symbol} (${one.broker})`, String(one.quantity + one.t1_quantity + one.pledged_quantity), rupees(one.average_price),
          rupees(one.last_price), rupees(one.value), signed(one.pnl)])),
      node("h2", {}, "Positions"),
      positions.items.length ? table(["Symbol", "Product", "Quantity", "Average", "Last", "Profit"], positions.items.map((one) =>
        [`${one.symbol} (${one.broker})`, one.product, String(one.quantity), rupees(one.average_price), rupees(one.last_price), signed(one.pnl)]))
        : text("No open positions.", "note"),
      problems(holdings.problems),
    ]
  },
  async Brokers() {
    const found = await get("/api/brokers")
    return found.map((one) => card(
      row(node("strong", {}, one.title), one.is_primary ? "executes" : "read only"),
      text(one.state, one.state === "connected" ? "good" : "bad"),
      one.problem ? text(one.problem, "note") : null,
      one.session_ends_at ? text(`Session until ${new Date(one.session_ends_at).toLocaleString()}`, "note") : null,
      one.address_rule ? text(`Static IP: ${one.address_rule}`, "note") : null,
      button("Login", async () => {
        const begun = await call("POST", `/api/brokers/${one.name}/login`, {})
        if (begun.login_url) window.open(begun.login_url, "_blank", "noopener")
      }, one.state === "connected" ? "" : "main")))
  },
  async Reconciliation() {
    const found = await get("/api/reconciliation")
    const ignore = (one) => `/api/reconciliation/ignores/${encodeURIComponent(one.symbol)}`
    return [
      text(`${found.status}${found.checked_at ? ", compared " + new Date(found.checked_at).toLocaleTimeString() : ""}. Nothing is corrected by itself.`),
      found.items.map((one) => card(
        row(node("strong", {}, one.symbol), one.ignored ? "ignored" : one.classification),
        text(`Cloud ${one.cloud_qty}, broker ${one.broker_qty}, difference ${one.difference}`),
        text(`${one.evidence.join("; ")} (confidence ${Math.round(one.confidence * 100)} %)`, "note"),
        one.ignored ? button("Show again", () => call("DELETE", ignore(one)))
          : button("Ignore this difference", () => call("PUT", ignore(one), { difference: one.difference })))),
    ]
  },
  async Settings() {
    const [found, status] = await Promise.all([get("/api/settings"), get("/api/status")])
    const killed = status.kill_switch.local
    return [
      card(row("Kill switch: no entry is placed", button(killed ? "Switch off" : "Switch on",
        () => call("PUT", "/api/kill", { on: !killed }), killed ? "" : "danger")),
        killed ? text("On. Exits and stops still pass.", "bad") : null),
      card(row("Auto-execute signals", button(found.auto_execute ? "Switch off" : "Switch on", async () => {
        const ask = "Place every signal without asking you? This trades real money."
        if (found.auto_execute || window.confirm(ask)) await call("PUT", "/api/settings", { auto_execute: !found.auto_execute })
      })), text(found.auto_execute ? "On: signals are placed without asking." : "Off: every signal waits for your approval.", "note")),
      card(row("Primary broker", found.primary_broker), row("Stop loss percent", String(found.stop_loss_pct)),
        row("Poll interval seconds", String(found.poll_interval)), row("Privacy", found.privacy),
        text(`Change these in ${found.config} or with tradertape-agent configure, then restart the agent.`, "note")),
      session.is_local ? card(button("Pair a phone", async () => {
        const made = await call("POST", "/api/pairing/code", {})
        window.alert(`Enter this code on the phone within two minutes:\n\n${made.code}`)
      })) : null,
      (await get("/api/devices")).map((one) => card(row(`${one.name}, paired ${new Date(one.paired_at).toLocaleDateString()}`,
        button("Revoke", () => call("DELETE", `/api/devices/${one.id}`), "danger")))),
    ]
  },
  async Privacy() {
    const found = await get("/api/privacy/sent")
    return [text("Every request to the cloud, byte for byte, the newest first."), found.map((one) => card(
      row(`${one.method} ${one.path}`, one.outcome || "not answered"), text(`${new Date(one.at).toLocaleString()}, ${one.bytes} bytes`, "note"),
      one.body ? node("pre", {}, one.body) : null))]
  },
  async Logs() { return [node("pre", {}, (await get("/api/logs")).slice().reverse().join("\n") || "The log is empty.")] },
}

function pairing() {
  const code = node("input", { id: "code", autocomplete: "one-time-code", autocapitalize: "characters", required: true })
  const form = node("form", {}, node("h2", {}, "Pair this device"),
    text("On the agent's own machine open this page and choose Settings, Pair a phone. Enter the code it shows."),
    node("label", { for: "code" }, "Code"), code, " ", node("button", { class: "main" }, "Pair"))
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    try {
      const made = await call("POST", "/api/pairing", { code: code.value, name: navigator.userAgent.slice(0, 60) })
      localStorage.setItem(TOKEN, made.token)
      await start()
    } catch (error) { show(error.message) }
  })
  return form
}

async function open(name) { current = name; await draw() }

async function draw() {
  if (!session.is_local && !session.is_paired) return
  const drawn = current
  try {
    const [inside, status] = await Promise.all([pages[drawn](), get("/api/status")])
    if (drawn !== current) return
    document.getElementById("main").replaceChildren(node("h2", {}, drawn), ...inside.flat(3).filter(Boolean))
    show(`cloud ${status.cloud}, broker ${status.broker}${status.problem ? ": " + status.problem : ""}`)
  } catch (error) { show(error.message) }
  for (const one of document.querySelectorAll("nav button")) {
    one.toggleAttribute("aria-current", one.textContent === current)
  }
}

async function start() {
  const token = localStorage.getItem(TOKEN)
  const answer = await fetch("/api/session", { headers: token ? { "X-Device-Token": token } : {} })
  session = await answer.json()
  const may = session.is_local || session.is_paired
  document.getElementById("tabs").replaceChildren(...(may ? Object.keys(pages) : []).map((one) =>
    node("button", { type: "button", onclick: () => open(one) }, one)))
  if (may) await draw()
  else document.getElementById("main").replaceChildren(pairing())
}

start()
setInterval(() => { if (!document.hidden && !["Privacy", "Logs"].includes(current)) draw() }, REFRESH_MS)
