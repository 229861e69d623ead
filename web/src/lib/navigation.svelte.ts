/** Moving between pages without loading them anew: plain links, caught. */

import { routeOf, type Route } from "./router.ts";

class Navigation {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  /** Grows with every move, so that focus and scroll can follow. */
  moves = $state(0);

  get route(): Route {
    return routeOf(this.path);
  }

  start(): void {
    addEventListener("popstate", () => this.read());
    document.addEventListener("click", (event) => this.click(event));
  }

  go(href: string): void {
    history.pushState(null, "", href);
    this.read();
    scrollTo(0, 0);
  }

  /** Change the query in place, for what a permalink should carry. */
  ask(name: string, value: string | null): void {
    const query = new URLSearchParams(this.query);
    if (value === null) query.delete(name);
    else query.set(name, value);
    const tail = query.size > 0 ? `?${query}` : "";
    history.replaceState(null, "", `${this.path}${tail}`);
    this.query = query;
  }

  private read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
    this.moves++;
  }

  private click(event: MouseEvent): void {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.origin !== location.origin || link.target || link.download) return;
    // Reports and the API's own document are the server's pages, not ours; "#" stays in the page.
    if (/^\/(api|openapi\.json)|\.html$/.test(link.pathname)) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const navigation = new Navigation();
