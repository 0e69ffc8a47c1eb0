// What stands above the rows: the books as a strip of numbers; and the
// examples, while there are no rows.
import { $, count, h, setText, short } from "./dom";
import type { Books } from "./books";
import type { Field } from "./fields";
import { condition, literal } from "./query";

export function drawStrip(b: Books): void {
  const m = b.meta, r = b.rates;
  const put = (id: string, v: string): void => setText($(id), v);
  put("b-matched", r ? short(r.matched) : "–");
  put("b-shown", r ? short(r.shown) : "–");
  const dropped = b.dropped;
  const worst = [...b.causes].sort((x, y) => y.count - x.count);
  put("b-dropped", m ? short(dropped) : "–");
  put("b-cause", worst.length ? worst.map((c) => c.text).join(", ") : "");
  $("b-drops").title = worst.map((c) => `${c.text}: ${count(c.count)}`).join("\n");
  $("b-drops").classList.toggle("alarm", dropped > 0);
  put("b-sampled", !m ? "–" : b.oneIn > 1 ? `1 in ${short(b.oneIn)}` : "no");
  const skipped = b.total("skipped");
  const limited = m?.limited ?? (skipped ? "the query was over its budget" : "");
  put("b-limited", limited ? "budget" : "");
  $("b-sampled-box").classList.toggle("alarm", limited !== "");
  $("b-sampled-box").title = limited &&
    limited + (skipped ? `; ${count(skipped)} events were not looked at` : "");
  put("b-agents", m ? `${short(m.live)}/${short(m.targeted)}` : "–");
  const gone = m ? m.refused + m.lost_agents : 0;
  put("b-refused", !m ? "" : m.refused ? `${m.refused} refused` : m.lost_agents ? `${m.lost_agents} lost`
    : m.left ? `${m.left} left` : "");
  $("b-agents-box").classList.toggle("alarm", m !== null && (m.live < m.targeted || m.targeted === 0 || gone > 0));
}

/** A field whose values make groups, and one whose values are measured. */
function telling(fields: Field[]): { group: Field | undefined; number: Field | undefined } {
  const plain = fields.filter((f) => !f.path.includes("[*]"));
  return {
    group: plain.find((f) => f.types[0] === "string" && !f.more && f.distinct > 2 && f.distinct <= 50),
    number: plain.find((f) => f.types.every((t) => t === "integer" || t === "float") &&
      /(^|[._])(ms|latency|duration|elapsed|took|bytes|size|length)([._]|$)/i.test(f.path)),
  };
}

/** Questions to click: of what the stream has, once that is known. */
export function drawExamples(stream: string | undefined, fields: Field[], open: (q: string) => void): void {
  const from = stream ? ` from ${/^[A-Za-z_$][\w$]*$/.test(stream) ? stream : literal(stream)}` : "";
  const { group, number } = telling(fields);
  const list: [string, string][] = [["Watch everything", `select *${from}`]];
  if (group)
    list.push([`Only some of it`, `select *${from} where ${condition(group.path, group.top[0]!.value)}`],
      [`By ${group.path}, every 2 s`, `select ${group.path}, count(*) as n` +
        `${number ? `, p99(${number.path}) as p99` : ""}${from} group by ${group.path} window 2s order by n desc`]);
  else
    list.push(["By agent, every 2 s", `select @app, @host, count(*) as n${from} group by @app, @host window 2s`]);
  list.push(["A little of everything", `select *${from} sample 10/s`],
    ["How much, live", `select count(*) as n, rate() as per_second${from}`],
    ["The first hundred", `select *${from} limit 100`]);
  $("examples").replaceChildren(...list.map(([name, q]) =>
    h("button", { onclick: () => open(q) }, h("span", {}, name), h("code", {}, q))));
}
