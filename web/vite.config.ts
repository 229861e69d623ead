import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** Where `npm run dev` forwards the API to: a running `commonwatt up`. */
const API = process.env["COMMONWATT_API"] ?? "http://127.0.0.1:8765";

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/commonwatt/server/static",
    emptyOutDir: true,
    assetsDir: "assets",
    // The page's policy allows no data: fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    target: "es2022",
    // Older targets would lower light-dark() and break the theme switch.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": API } },
});
