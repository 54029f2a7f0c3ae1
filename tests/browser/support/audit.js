// The audit of a page by axe.

import axe from "axe-core";

/** What the audit calls serious or critical, and where it is. */
export async function audit(visit) {
  await visit.page.evaluate(axe.source);
  const { violations } = await visit.page.evaluate(() => window.axe.run(document));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ target }) => target) }));
}
