"""Which way is down: every branch has an end nearer to the source."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from commonwatt.kernel.units import B, I


@dataclass(frozen=True, eq=False)
class Tree:
    """Shortest-path tree from the sources over closed branches.

    Attributes:
        depth: (bus,) branches between a bus and its source, -1 where no source reaches.
        above: (bus,) the branch through which a bus is fed, -1 for sources and dead buses.
        parent: (bus,) the bus at that branch's other end, -1 likewise.
    """

    depth: I
    above: I
    parent: I

    def upstream_first(self, first: I, second: I) -> B:
        """(K,) whether bus `first` is at least as near to the source as bus `second`."""
        far = self.depth.size
        deep = np.where(self.depth < 0, far, self.depth)
        nearer: B = deep[first] <= deep[second]
        return nearer

    def behind(self, buses: I, branches: int) -> csr_array:
        """(branches, K) 1 where a branch lies on the way from the source to one of `buses`."""
        row, column = [], []
        for k, bus in enumerate(buses.tolist()):
            here = bus
            while self.above[here] >= 0:
                row.append(int(self.above[here]))
                column.append(k)
                here = int(self.parent[here])
        ones = np.ones(len(row))
        return csr_array((ones, (row, column)), shape=(branches, buses.size))


def grown(buses: int, roots: I, first: I, second: I, closed: B) -> Tree:
    """The tree over `buses` from `roots`; branch b joins `first[b]` and `second[b]` if closed.

    >>> tree = grown(3, np.array([2]), np.array([0, 1]), np.array([1, 2]), np.array([True, True]))
    >>> tree.depth.tolist(), tree.above.tolist()
    ([2, 1, 0], [0, 1, -1])
    """
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(buses)]
    for branch in np.flatnonzero(closed).tolist():
        a, b = int(first[branch]), int(second[branch])
        neighbours[a].append((b, branch))
        neighbours[b].append((a, branch))
    depth = np.full(buses, -1, dtype=np.int64)
    above, parent = depth.copy(), depth.copy()
    depth[roots] = 0
    queue = deque(roots.tolist())
    while queue:
        here = queue.popleft()
        for other, branch in neighbours[here]:
            if depth[other] < 0:
                depth[other], above[other], parent[other] = depth[here] + 1, branch, here
                queue.append(other)
    return Tree(depth, above, parent)
