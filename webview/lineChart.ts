import { Chart, LinearScale, LineController, LineElement, PointElement, Tooltip, type ChartOptions } from 'chart.js';

Chart.register(LineController, LineElement, PointElement, LinearScale, Tooltip);

/** An empty chart of lines, whose points come as Chart.js keeps them, in the order of the axis. */
export function lineChart<P>(canvas: HTMLCanvasElement, options: ChartOptions<'line'> = {}): Chart<'line', P[]> {
  return new Chart<'line', P[]>(canvas, {
    type: 'line',
    data: { datasets: [] },
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      ...options,
    },
  });
}
