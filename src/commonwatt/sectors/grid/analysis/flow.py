"""AC power flow of many slots at once: kW and kvar in, volts, loadings and losses out.

Newton-Raphson by power-grid-model, symmetric: phases are carried by the world, but the grid data
(SimBench lacks zero-sequence impedances) allow no unbalanced flow, so a connection's phases sum up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from power_grid_model import CalculationMethod, PowerGridModel, initialize_array
from power_grid_model.errors import PowerGridError  # type: ignore[attr-defined]
from scipy.sparse import csr_array

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.ports import Plan
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import B, F, I
from commonwatt.sectors.grid.analysis.overload import line_rating_kva
from commonwatt.sectors.grid.analysis.tree import Tree, grown
from commonwatt.sectors.grid.model import KINDS, grid_input

TOLERANCE = 1e-8
ITERATIONS = 40
CHUNK = 96
_ENDS = ["p_from", "q_from", "p_to", "q_to"]
_OUTPUT = {
    "node": ["energized", "u_pu"],
    "transformer": _ENDS,
    "line": [*_ENDS, "i_from", "i_to"],
    "source": ["p"],
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """A solved power flow; branches are transformers first, then lines.

    Attributes:
        volts_pu: (bus,T), NaN where dead.
        loading: (branch,T), 1.0 is rated, as `overload` defines it.
        power_kw: (branch,T) at the end nearer to the source, positive if drawn (downstream).
        far_kw: (branch,T) the same at the other end.
        kvar: (branch,T) reactive power at the near end, positive downstream.
        far_kvar: (branch,T) the same at the other end.
        source_kw: (T,) drawn from above.
    """

    volts_pu: F
    loading: F
    power_kw: F
    far_kw: F
    kvar: F
    far_kvar: F
    source_kw: F

    @property
    def loss_kw(self) -> F:
        """(T,) lost in all branches, no-load losses included."""
        lost: F = (self.power_kw - self.far_kw).sum(axis=0)
        return lost

    @classmethod
    def joined(cls, parts: list[Flow]) -> Flow:
        """Consecutive stretches of time as one."""
        if len(parts) == 1:
            return parts[0]
        names = cls.__dataclass_fields__
        return cls(**{n: np.concatenate([getattr(p, n) for p in parts], axis=-1) for n in names})


class Feeder:
    """The wires of one city version, ready to be solved. Immutable: copies share it.

    Attributes:
        tables: bus, line, transformer and source, by kind.
        connection_bus: (C,) bus of every connection.
        buses: how many.
        load_bus: (L,) the distinct buses with a connection.
        near_bus: (branch,) bus at the end nearer to the source.
        far_bus: (branch,) bus at the other end.
        rating_kva: (branch,) what each may carry; lines at rated voltage.
        rated_a: (branch,) rated current of lines, NaN for transformers.
        loss_per_kw2: (branch,) kW lost per kW² carried at rated voltage.
        names: (branch,) "transformer X", "line Y".
        tree: which way is down.
    """

    def __init__(self, tables: Mapping[str, Table], connection_bus: I) -> None:
        self.tables = {kind: tables[kind] for kind in KINDS}
        self.connection_bus = connection_bus
        self.load_bus, self._load_of = np.unique(connection_bus, return_inverse=True)
        self._input = grid_input(self.tables, self.load_bus)
        self._gather = csr_array(
            (np.ones(connection_bus.size), (self._load_of, np.arange(connection_bus.size))),
            shape=(self.load_bus.size, connection_bus.size),
        )
        self._measure_up()
        try:
            self._model = PowerGridModel(self._input)
        except PowerGridError as error:
            raise InvalidInput(f"the grid's tables make no valid power flow: {error}") from error

    def _measure_up(self) -> None:
        bus, line, transformer = (self.tables[k] for k in ("bus", "line", "transformer"))
        first = np.concatenate([transformer.i("high_bus"), line.i("from_bus")])
        second = np.concatenate([transformer.i("low_bus"), line.i("to_bus")])
        closed = np.concatenate(
            [
                transformer.i("closed_high") * transformer.i("closed_low"),
                line.i("closed_from") * line.i("closed_to"),
            ]
        )
        self.buses = len(bus)
        self.tree: Tree = grown(
            self.buses, self.tables["source"].i("bus"), first, second, closed == 1
        )
        self._first_near: B = self.tree.upstream_first(first, second)
        self.near_bus: I = np.where(self._first_near, first, second)
        self.far_bus: I = np.where(self._first_near, second, first)
        rated_a = line.f("rated_a") * line.f("parallel")
        kva = transformer.f("rated_kva") * transformer.f("derating") * transformer.f("parallel")
        line_kva = line_rating_kva(bus.f("rated_kv")[line.i("from_bus")], rated_a)
        self.rating_kva: F = np.concatenate([kva, line_kva])
        self.rated_a: F = np.concatenate([np.full(len(transformer), np.nan), rated_a])
        units_kva = transformer.f("rated_kva") ** 2 * transformer.f("parallel")
        r_ohm = line.f("r_ohm") / line.f("parallel")
        self.loss_per_kw2: F = np.concatenate(
            [
                transformer.f("copper_loss_kw") / units_kva,
                r_ohm / (bus.f("rated_kv")[line.i("from_bus")] ** 2 * 1e3),
            ]
        )
        self.names = tuple(
            f"{table.kind.name} {name.removeprefix(table.kind.name + '/')}"
            for table in (transformer, line)
            for name in table.ids
        )

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """The wires of a plan."""
        return cls({kind: plan.table(kind) for kind in KINDS}, plan.connections.i("bus"))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Feeder], tuple[dict[str, Table], I]]:
        return (Feeder, (self.tables, self.connection_bus))

    @property
    def branches(self) -> int:
        """How many branches."""
        return len(self.names)

    @property
    def transformers(self) -> int:
        """How many of the branches are transformers: they come first."""
        return len(self.tables["transformer"])

    @property
    def connections(self) -> int:
        """How many connections, C."""
        return self.connection_bus.size

    def flow(self, kw: F, kvar: F) -> Flow:
        """Solve T slots.

        Args:
            kw: (C,T) power drawn at every connection.
            kvar: (C,T) reactive power drawn.

        Raises:
            InvalidInput: a power is not a finite number, or the grid cannot carry it at all.
        """
        if not (np.isfinite(kw).all() and np.isfinite(kvar).all()):
            at = int(np.argmax(~(np.isfinite(kw) & np.isfinite(kvar)).all(axis=1)))
            raise InvalidInput(f"connection {at}: its power is not a finite number")
        return self.flow_at_buses(np.asarray(self._gather @ kw), np.asarray(self._gather @ kvar))

    def flow_at_buses(self, kw: F, kvar: F) -> Flow:
        """The same for power (L,T) at the buses `load_bus`."""
        slots = range(0, kw.shape[1], CHUNK)
        return Flow.joined(
            [self._solved(kw[:, s : s + CHUNK], kvar[:, s : s + CHUNK]) for s in slots]
        )

    def _solved(self, kw: F, kvar: F) -> Flow:
        update = initialize_array("update", "sym_load", (kw.shape[1], self.load_bus.size))
        update["id"] = self._input["sym_load"]["id"]
        update["p_specified"], update["q_specified"] = kw.T * 1e3, kvar.T * 1e3
        try:
            out: Any = self._model.calculate_power_flow(
                update_data={"sym_load": update},
                calculation_method=CalculationMethod.newton_raphson,
                error_tolerance=TOLERANCE,
                max_iterations=ITERATIONS,
                output_component_types=_OUTPUT,  # type: ignore[arg-type]
            )
        except PowerGridError as error:
            reason = str(error).splitlines()[0]
            raise InvalidInput(
                f"no power flow exists for these loads, the grid would collapse: {reason}"
            ) from error
        return self._read(out)

    def _read(self, out: Any) -> Flow:
        node, ends = (
            out["node"],
            {
                name: np.concatenate([out["transformer"][name], out["line"][name]], axis=1).T / 1e3
                for name in _ENDS
            },
        )
        near = self._first_near[:, None]
        kva = np.maximum(
            np.hypot(ends["p_from"], ends["q_from"]), np.hypot(ends["p_to"], ends["q_to"])
        )
        loading = kva / self.rating_kva[:, None]
        amps = np.maximum(out["line"]["i_from"], out["line"]["i_to"]).T
        loading[self.transformers :] = amps / self.rated_a[self.transformers :, None]
        return Flow(
            volts_pu=np.where(node["energized"] == 1, node["u_pu"], np.nan).T,
            loading=loading,
            power_kw=np.where(near, ends["p_from"], ends["p_to"]),
            far_kw=-np.where(near, ends["p_to"], ends["p_from"]),
            kvar=np.where(near, ends["q_from"], ends["q_to"]),
            far_kvar=-np.where(near, ends["q_to"], ends["q_from"]),
            source_kw=out["source"]["p"].sum(axis=1) / 1e3,
        )
