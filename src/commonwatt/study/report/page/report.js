"use strict";
(() => {
  const narrow = matchMedia("(max-width: 40rem)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = (key) => JSON.parse(document.getElementById(`figure-${key}`).textContent);

  // Strings that start with "--" name a colour of the style sheet.
  function painted(value, style) {
    if (typeof value === "string") {
      return value.startsWith("--") ? style.getPropertyValue(value).trim() || "#888" : value;
    }
    if (Array.isArray(value)) {
      return value.length > 60 ? value : value.map((v) => painted(v, style));
    }
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, painted(v, style)]));
    }
    return value;
  }

  function axis(own, style) {
    const soft = style.getPropertyValue("--hair").trim();
    return {
      gridcolor: soft, linecolor: soft, zerolinecolor: style.getPropertyValue("--soft").trim(),
      zeroline: false, automargin: true, fixedrange: narrow.matches, ...own,
      title: own?.title ? { ...own.title, standoff: 8 } : undefined,
    };
  }

  function layout(own, style) {
    const ink = style.getPropertyValue("--ink").trim();
    const axes = { xaxis: {}, yaxis: {} };
    for (const name of Object.keys(own)) if (/^[xy]axis/.test(name)) axes[name] = own[name];
    for (const name of Object.keys(axes)) axes[name] = axis(axes[name], style);
    return {
      ...own, ...axes,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: narrow.matches ? 11 : 13, color: ink },
      margin: { l: narrow.matches ? 44 : 60, r: 8, t: 8, b: 36 },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", xanchor: "left" },
      hoverlabel: {
        bgcolor: style.getPropertyValue("--sheet").trim(), font: { color: ink },
        bordercolor: style.getPropertyValue("--hair").trim(),
      },
      separators: ".\u202f",
    };
  }

  function draw(box) {
    const style = getComputedStyle(document.documentElement);
    const figure = read(box.dataset.chart);
    Plotly.react(box, painted(figure.data, style), painted(layout(figure.layout, style), style), {
      responsive: true, displaylogo: false, displayModeBar: false,
    });
  }

  // The table behind a plot: all its traces share their index.
  function tabled(key, title) {
    const { data, index, unit, digits } = read(key);
    const across = data[0].orientation === "h";
    const labels = across ? data[0].y : data[0].x;
    const columns = data.map((trace) => (across ? trace.x : trace.y));
    const names = data.map((trace) => trace.meta || trace.name);
    const table = document.createElement("table");
    table.createCaption().textContent = `${title}, ${unit}`;
    const head = table.createTHead().insertRow();
    for (const words of [index, ...names]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = words;
      head.append(cell);
    }
    const body = table.createTBody();
    labels.forEach((label, row) => {
      const line = body.insertRow();
      const first = document.createElement("th");
      first.scope = "row";
      first.textContent = label;
      line.append(first);
      for (const column of columns) line.insertCell().textContent = column[row]?.toFixed(digits) ?? "–";
    });
    return table;
  }

  for (const details of document.querySelectorAll("details[data-table]")) {
    details.addEventListener("toggle", () => {
      if (!details.open || details.querySelector("table")) return;
      const key = details.dataset.table;
      const title = document.querySelector(`#${key} h3`).textContent;
      const box = document.createElement("div");
      box.className = "scroll";
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", `Numbers: ${title}`);
      box.append(tabled(key, title));
      details.append(box);
    });
  }

  const boxes = [...document.querySelectorAll("[data-chart]")];
  const all = () => boxes.forEach(draw);
  all();
  dark.addEventListener("change", all);
  narrow.addEventListener("change", all);
})();
