/** From which share of a limit something is coloured: near it, and over it. */
export const NEAR = 0.9;
export const OVER = 1.0;
