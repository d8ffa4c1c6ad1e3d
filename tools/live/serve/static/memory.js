// What this device remembers from one visit to the next. Browsers may forbid it; then nothing is remembered.

export const recall = (name, otherwise = "") => {
  try { return localStorage.getItem(`understudy.${name}`) ?? otherwise; } catch { return otherwise; }
};

export const keep = (name, value) => {
  try { localStorage.setItem(`understudy.${name}`, value); } catch { /* forbidden */ }
};
