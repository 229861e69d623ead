import { mount } from "svelte";
import { i18n } from "./lib/i18n/i18n.svelte.ts";
import { navigation } from "./lib/navigation.svelte.ts";
import { session } from "./lib/session.svelte.ts";
import { look } from "./lib/theme.svelte.ts";
import App from "./shell/App.svelte";
import "./shell/theme.css";

look.start();
navigation.start();
void session.start();
// A language that cannot be fetched leaves English, never a blank page.
await i18n.start().catch(() => undefined);
mount(App, { target: document.getElementById("app") as HTMLElement });
