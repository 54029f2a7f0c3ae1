// Keeps the projector's machine awake while the page is seen. Where it may not, nothing is lost.

export function stayAwake() {
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      // The browser lets go of the lock whenever the page is hidden, so it is asked for anew.
      await navigator.wakeLock.request("screen");
    } catch {
      // Refused (battery saver) or unknown (plain http): the screen saver decides.
    }
  };
  document.addEventListener("visibilitychange", ask);
  void ask();
}
