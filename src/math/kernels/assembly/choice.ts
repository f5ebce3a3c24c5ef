// The choice between candidates: q of rows of features, the listwise loss of a set, and its gradient. Rows of features are
// `[columns]` float32. A column's weights are 28 float32: those of 24 hidden units, the linear one, and three of nothing.
// Parameters: `[columns][28]`, then biases `[24]`, then what the units add to q `[24]`.

const units: i32 = 24;
const lanes: i32 = 28;
const laneBytes: usize = 112;
const leastSlope: f64 = 1e-7;

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

@inline
function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3);
}

@inline
function positive(v: v128): v128 {
  return f32x4.pmax(v, f32x4.splat(0));
}

// One row: its units' values go to `act` `[28]`, and q is returned.
@inline
function finish(act: usize, adds: usize, a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, linear: v128): f32 {
  a0 = positive(a0); a1 = positive(a1); a2 = positive(a2); a3 = positive(a3); a4 = positive(a4); a5 = positive(a5);
  v128.store(act, a0); v128.store(act, a1, 16); v128.store(act, a2, 32);
  v128.store(act, a3, 48); v128.store(act, a4, 64); v128.store(act, a5, 80);
  let q = f32x4.mul(a0, v128.load(adds));
  q = fma(a1, v128.load(adds, 16), q); q = fma(a2, v128.load(adds, 32), q); q = fma(a3, v128.load(adds, 48), q);
  q = fma(a4, v128.load(adds, 64), q); q = fma(a5, v128.load(adds, 80), q);
  return sumOf(q) + f32x4.extract_lane(linear, 0);
}

// Rows [begin, end), two at a time; `act` is `[rows][28]`, `q` `[rows]`.
function choiceForward(begin: i32, end: i32, features: usize, columns: i32, params: usize, act: usize, q: usize): void {
  const bytes = (columns as usize) << 2;
  const biases = params + (columns as usize) * laneBytes;
  const adds = biases + ((units as usize) << 2);
  let r = begin;
  for (; r + 1 < end; r += 2) {
    let x = features + (r as usize) * bytes;
    let y = x + bytes;
    const stop = y;
    let a0 = v128.load(biases), a1 = v128.load(biases, 16), a2 = v128.load(biases, 32);
    let a3 = v128.load(biases, 48), a4 = v128.load(biases, 64), a5 = v128.load(biases, 80), a6 = f32x4.splat(0);
    let b0 = a0, b1 = a1, b2 = a2, b3 = a3, b4 = a4, b5 = a5, b6 = a6;
    let w = params;
    while (x < stop) {
      const s = v128.load32_splat(x), t = v128.load32_splat(y);
      let v = v128.load(w); a0 = fma(s, v, a0); b0 = fma(t, v, b0);
      v = v128.load(w, 16); a1 = fma(s, v, a1); b1 = fma(t, v, b1);
      v = v128.load(w, 32); a2 = fma(s, v, a2); b2 = fma(t, v, b2);
      v = v128.load(w, 48); a3 = fma(s, v, a3); b3 = fma(t, v, b3);
      v = v128.load(w, 64); a4 = fma(s, v, a4); b4 = fma(t, v, b4);
      v = v128.load(w, 80); a5 = fma(s, v, a5); b5 = fma(t, v, b5);
      v = v128.load(w, 96); a6 = fma(s, v, a6); b6 = fma(t, v, b6);
      x += 4; y += 4; w += laneBytes;
    }
    const to = act + (r as usize) * laneBytes;
    store<f32>(q + ((r as usize) << 2), finish(to, adds, a0, a1, a2, a3, a4, a5, a6));
    store<f32>(q + ((r as usize) << 2), finish(to + laneBytes, adds, b0, b1, b2, b3, b4, b5, b6), 4);
  }
  for (; r < end; r++) {
    let x = features + (r as usize) * bytes;
    const stop = x + bytes;
    let a0 = v128.load(biases), a1 = v128.load(biases, 16), a2 = v128.load(biases, 32);
    let a3 = v128.load(biases, 48), a4 = v128.load(biases, 64), a5 = v128.load(biases, 80), a6 = f32x4.splat(0);
    let w = params;
    while (x < stop) {
      const s = v128.load32_splat(x);
      a0 = fma(s, v128.load(w), a0); a1 = fma(s, v128.load(w, 16), a1); a2 = fma(s, v128.load(w, 32), a2);
      a3 = fma(s, v128.load(w, 48), a3); a4 = fma(s, v128.load(w, 64), a4); a5 = fma(s, v128.load(w, 80), a5);
      a6 = fma(s, v128.load(w, 96), a6);
      x += 4; w += laneBytes;
    }
    store<f32>(q + ((r as usize) << 2), finish(act + (r as usize) * laneBytes, adds, a0, a1, a2, a3, a4, a5, a6));
  }
}

// q of rows [begin, end) of features; `act` is `[rows][28]`.
export function choiceScores(
  begin: i32, end: i32, thread: i32, features: usize, columns: i32, params: usize, act: usize, q: usize,
): void {
  choiceForward(begin, end, features, columns, params, act, q);
}

// The listwise loss of a set of `count` rows from q, in float64; dLoss/dq takes q's place. 0 where nothing is right.
function lossOf(q: usize, correction: usize, right: usize, count: i32): f64 {
  let most: f64 = -Infinity;
  let rights: i32 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const at = (i as usize) << 2;
    const value = (load<f32>(q + at) as f64) + (load<f32>(correction + at) as f64);
    if (value > most) most = value;
    rights += load<i32>(right + at);
  }
  if (rights == 0) {
    memory.fill(q, 0, (count as usize) << 2);
    return 0;
  }
  let sum: f64 = 0, rightSum: f64 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const at = (i as usize) << 2;
    const value = (load<f32>(q + at) as f64) + (load<f32>(correction + at) as f64);
    const e = Math.exp(value - most);
    sum += e;
    if (load<i32>(right + at) != 0) rightSum += value;
    store<f32>(q + at, e as f32);
  }
  const share = 1 / (rights as f64);
  for (let i: i32 = 0; i < count; i++) {
    const at = (i as usize) << 2;
    store<f32>(q + at, ((load<f32>(q + at) as f64) / sum - (load<i32>(right + at) as f64) * share) as f32);
  }
  return most + Math.log(sum) - rightSum * share;
}

// Sets [begin, end) of `order`: each one's loss to `losses`, and, where `gradients` is not 0, its gradient to a row of
// parameters there. `scratch` has `scratchBytes` for each thread: act `[C][28]`, back `[C][28]`, q `[C]`, active `[C]`.
export function choiceSets(
  begin: i32, end: i32, thread: i32, order: usize, offsets: usize, features: usize, columns: i32, params: usize,
  correction: usize, right: usize, losses: usize, gradients: usize, scratch: usize, mostRows: i32,
): void {
  const bytes = (columns as usize) << 2;
  const own = scratch + (thread as usize) * (mostRows as usize) * (2 * laneBytes + 8);
  const back = own + (mostRows as usize) * laneBytes;
  const q = back + (mostRows as usize) * laneBytes;
  const active = q + ((mostRows as usize) << 2);
  const paramBytes = (columns as usize) * laneBytes + ((2 * units as usize) << 2);
  const adds = params + (columns as usize) * laneBytes + ((units as usize) << 2);
  for (let r = begin; r < end; r++) {
    const set = load<i32>(order + ((r as usize) << 2)) as usize;
    const from = load<i32>(offsets + (set << 2));
    const count = load<i32>(offsets + (set << 2), 4) - from;
    const first = features + (from as usize) * bytes;
    choiceForward(0, count, first, columns, params, own, q);
    const loss = lossOf(q, correction + ((from as usize) << 2), right + ((from as usize) << 2), count);
    store<f32>(losses + ((r as usize) << 2), loss as f32);
    if (gradients == 0) continue;
    const gradient = gradients + (r as usize) * paramBytes;
    const biases = gradient + (columns as usize) * laneBytes;
    const gAdds = biases + ((units as usize) << 2);
    memory.fill(gradient, 0, paramBytes);
    let actives: usize = 0;
    const zero = f32x4.splat(0);
    for (let c: i32 = 0; c < count; c++) {
      const g = load<f32>(q + ((c as usize) << 2));
      if (Mathf.abs(g) < (leastSlope as f32)) continue;
      const s = f32x4.splat(g);
      const a = own + (c as usize) * laneBytes;
      const b = back + actives * laneBytes;
      for (let h: usize = 0; h < 96; h += 16) {
        const value = v128.load(a + h);
        const passed = v128.and(f32x4.gt(value, zero), f32x4.mul(s, v128.load(adds + h)));
        v128.store(b + h, passed);
        v128.store(biases + h, f32x4.add(v128.load(biases + h), passed));
        v128.store(gAdds + h, fma(s, value, v128.load(gAdds + h)));
      }
      v128.store(b, f32x4.replace_lane(zero, 0, g), 96);
      store<i32>(active + (actives << 2), (first + (c as usize) * bytes) as i32);
      actives++;
    }
    weightGradient(columns, active, actives, back, gradient);
  }
}

// gradient[f] += sum over active rows of x[f] * back[row], two columns at a time.
function weightGradient(columns: i32, active: usize, actives: usize, back: usize, gradient: usize): void {
  const stop = active + (actives << 2);
  let f: usize = 0;
  for (; (f as i32) + 1 < columns; f += 2) {
    const out = gradient + f * laneBytes;
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0;
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0, b6 = a0;
    let b = back;
    for (let n = active; n < stop; n += 4) {
      const row = (load<i32>(n) as usize) + (f << 2);
      const s = v128.load32_splat(row), t = v128.load32_splat(row, 4);
      let v = v128.load(b); a0 = fma(s, v, a0); b0 = fma(t, v, b0);
      v = v128.load(b, 16); a1 = fma(s, v, a1); b1 = fma(t, v, b1);
      v = v128.load(b, 32); a2 = fma(s, v, a2); b2 = fma(t, v, b2);
      v = v128.load(b, 48); a3 = fma(s, v, a3); b3 = fma(t, v, b3);
      v = v128.load(b, 64); a4 = fma(s, v, a4); b4 = fma(t, v, b4);
      v = v128.load(b, 80); a5 = fma(s, v, a5); b5 = fma(t, v, b5);
      v = v128.load(b, 96); a6 = fma(s, v, a6); b6 = fma(t, v, b6);
      b += laneBytes;
    }
    v128.store(out, a0); v128.store(out, a1, 16); v128.store(out, a2, 32); v128.store(out, a3, 48);
    v128.store(out, a4, 64); v128.store(out, a5, 80); v128.store(out, a6, 96);
    v128.store(out, b0, 112); v128.store(out, b1, 128); v128.store(out, b2, 144); v128.store(out, b3, 160);
    v128.store(out, b4, 176); v128.store(out, b5, 192); v128.store(out, b6, 208);
  }
  for (; (f as i32) < columns; f++) {
    const out = gradient + f * laneBytes;
    let b = back;
    for (let n = active; n < stop; n += 4) {
      const s = v128.load32_splat((load<i32>(n) as usize) + (f << 2));
      for (let h: usize = 0; h < laneBytes; h += 16) v128.store(out + h, fma(s, v128.load(b + h), v128.load(out + h)));
      b += laneBytes;
    }
  }
}

// The same of the linear form: weights `[columns]`, a gradient `[columns]` for each set. `scratch`: q `[C]` for each thread.
export function linearSets(
  begin: i32, end: i32, thread: i32, offsets: usize, features: usize, columns: i32, weights: usize,
  correction: usize, right: usize, losses: usize, gradients: usize, scratch: usize, mostRows: i32,
): void {
  const bytes = (columns as usize) << 2;
  const whole = bytes & ~15;
  const q = scratch + ((thread as usize) * (mostRows as usize) << 2);
  for (let r = begin; r < end; r++) {
    const from = load<i32>(offsets + ((r as usize) << 2));
    const count = load<i32>(offsets + ((r as usize) << 2), 4) - from;
    const first = features + (from as usize) * bytes;
    for (let c: i32 = 0; c < count; c++) {
      const x = first + (c as usize) * bytes;
      let sum = f32x4.splat(0);
      let f: usize = 0;
      for (; f < whole; f += 16) sum = fma(v128.load(x + f), v128.load(weights + f), sum);
      let rest = sumOf(sum);
      for (; f < bytes; f += 4) rest += load<f32>(x + f) * load<f32>(weights + f);
      store<f32>(q + ((c as usize) << 2), rest);
    }
    const loss = lossOf(q, correction + ((from as usize) << 2), right + ((from as usize) << 2), count);
    store<f32>(losses + ((r as usize) << 2), loss as f32);
    const gradient = gradients + (r as usize) * bytes;
    memory.fill(gradient, 0, bytes);
    for (let c: i32 = 0; c < count; c++) {
      const g = load<f32>(q + ((c as usize) << 2));
      if (g == 0) continue;
      const s = f32x4.splat(g);
      const x = first + (c as usize) * bytes;
      let f: usize = 0;
      for (; f < whole; f += 16) v128.store(gradient + f, fma(s, v128.load(x + f), v128.load(gradient + f)));
      for (; f < bytes; f += 4) store<f32>(gradient + f, load<f32>(gradient + f) + g * load<f32>(x + f));
    }
  }
}
