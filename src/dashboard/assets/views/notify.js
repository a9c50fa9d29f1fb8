// The title's count, and the browser's notifications for those who asked for them.

import { useEffect, useRef } from "../vendor/preact.js";
import { entry } from "../lib/route.js";
import { useStore } from "./hooks.js";

const NAME = "ve.notify";

/** Whether new attention is announced. */
export function isWanted() {
  return localStorage.getItem(NAME) === "yes" && globalThis.Notification?.permission === "granted";
}

/** Turns announcements on, where the browser agrees, or off. Returns whether they are on. */
export async function want(wanted) {
  const granted = wanted && globalThis.Notification && (await Notification.requestPermission()) === "granted";
  localStorage.setItem(NAME, granted ? "yes" : "no");
  return Boolean(granted);
}

/** Shows the count in the title, and announces what is new while the page is not seen. */
export function useNotifications() {
  const { attention, project } = useStore(({ attention, status }) => ({ attention, project: status?.project }));
  const known = useRef(null);
  useEffect(() => {
    const count = attention?.length ?? 0;
    const name = project ? project.split("/").pop() : "ve";
    document.title = count > 0 ? `(${count}) ${name} · ve` : `${name} · ve`;
    if (attention === null) return;
    const fresh = known.current ? attention.filter((item) => !known.current.has(item.id)) : [];
    known.current = new Set(attention.map((item) => item.id));
    if (!document.hidden || !isWanted()) return;
    for (const item of fresh) {
      const note = new Notification(`${item.title} needs you`, { body: item.attention.reason, tag: `ve ${item.id}` });
      note.onclick = () => {
        focus();
        // Another address first: one that stays the same is no news, though another entry may be open by now.
        location.hash = "#/attention";
        location.hash = entry(item.id);
        note.close();
      };
    }
  }, [attention, project]);
}
