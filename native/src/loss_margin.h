// What losses with an angular margin have in common. The plain twin: src/core/losses/angularMargin.ts.
#pragma once

#include <algorithm>

#include "loss_scores.h"

namespace ft {

/** cos(m1 * angle + m2) - m3 (Deng et al. 2019, equation 4). */
struct AngularMargins {
  double m1, m2, m3;
};

struct MarginCosine {
  double value, slope;  // the slope in the cosine that was given
};

/**
 * Where m1 * angle + m2 passes pi the value goes on at a slope of 1, so that it rises with the cosine everywhere; and next to -1
 * and 1, where a float says nothing of the angle, along straight lines.
 */
inline MarginCosine marginCosine(double cosine, const AngularMargins& m) {
  constexpr double kPi = 3.14159265358979323846, kNearest = 1 - 1.0 / (1 << 22);
  const double turn = std::max(-kNearest, std::cos((kPi - m.m2) / m.m1));
  const double inside = std::min(kNearest, std::max(turn, cosine));
  const double angle = m.m1 * std::acos(inside) + m.m2;
  const double at = std::cos(angle) - m.m3;
  if (cosine < turn) return {at + (cosine - turn), 1};
  const double slope = m.m1 * std::sin(angle) / std::sqrt((1 - inside) * (1 + inside));
  return {at + slope * (cosine - inside), slope};
}

/** Cross-entropy of scores scale * cos, in float64, with the label's cosine replaced by the margin's. */
inline double marginCrossEntropy(const ScoreRow& row, double scale, const AngularMargins& margins) {
  const MarginCosine target = marginCosine(row.at(row.label) / scale, margins);
  const double own = scale * target.value;
  // The margin can take more than exp can bear, and beyond a cosine of 1 it gives: the highest is looked for anew.
  double highest = own, others = 0;
  for (int c = 0; c < row.people; c++)
    if (c != row.label && row.at(c) > highest) highest = row.at(c);
  for (int c = 0; c < row.people; c++)
    if (c != row.label) others += std::exp(row.at(c) - highest);
  const double sum = std::exp(own - highest) + others;
  if (row.gradient) {
    for (int c = 0; c < row.people; c++) row.gradient[c] = float(std::exp(row.at(c) - highest) / sum / row.rows);
    row.gradient[row.label] = float(-others / sum * target.slope / row.rows);
  }
  return std::log(sum) + highest - own;
}

}  // namespace ft
