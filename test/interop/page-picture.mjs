// A page as it stands in a browser, as SVG: its boxes and its text, where the browser has put them. Small, and readable as text.
/** What of a page is within its window. */
export async function pagePicture(page) {
  return page.evaluate(() => {
    const round = (n) => Math.round(n * 10) / 10;
    const safe = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
    const isClear = (color) => color === 'transparent' || /^rgba\(.*, 0\)$/.test(color);
    const [width, height] = [window.innerWidth, window.innerHeight];
    const parts = [];
    const rect = (r, fill, stroke = 'none', radius = 0) => {
      const round2 = radius > 0 ? ` rx="${round(Math.min(radius, r.height / 2))}"` : '';
      parts.push(
        `<rect x="${round(r.x)}" y="${round(r.y)}" width="${round(r.width)}" height="${round(r.height)}"${round2} fill="${fill}"${stroke === 'none' ? '' : ` stroke="${stroke}"`}/>`,
      );
    };
    const isShown = (r, of) => {
      if (r.width === 0 || r.height === 0 || r.top >= height || r.left >= width || r.bottom <= 0) return false;
      const scroll = of.closest('.scroll')?.getBoundingClientRect();
      return scroll === undefined || (r.bottom <= scroll.bottom + 1 && r.right <= scroll.right + 1);
    };
    const write = (text, r, style) => {
      const size = Number.parseFloat(style.fontSize);
      const color = style.fill !== 'rgb(0, 0, 0)' && style.fill !== 'none' ? style.fill : style.color;
      const weight = Number(style.fontWeight) > 400 ? ' font-weight="600"' : '';
      // The width as the browser had it, whatever font the reader has.
      parts.push(
        `<text x="${round(r.x)}" y="${round(r.y + r.height / 2 + size * 0.36)}" font-size="${round(size)}"${weight} textLength="${round(r.width)}" lengthAdjust="spacingAndGlyphs" fill="${color}">${safe(text)}</text>`,
      );
    };
    const visit = (of) => {
      const style = getComputedStyle(of);
      if (style.display === 'none' || style.visibility === 'hidden') return;
      const r = of.getBoundingClientRect();
      if (isShown(r, of)) {
        if (of instanceof SVGRectElement || of instanceof SVGLineElement)
          rect(r, of instanceof SVGRectElement ? style.fill : style.stroke);
        else if (!(of instanceof SVGElement)) {
          const border = style.borderTopWidth === '0px' ? 'none' : style.borderTopColor;
          const radius = Number.parseFloat(style.borderTopLeftRadius);
          if (!isClear(style.backgroundColor) || border !== 'none')
            rect(r, isClear(style.backgroundColor) ? 'none' : style.backgroundColor, border, radius);
          const bar = /linear-gradient\(to (left|right), (rgb[^)]*\)) ([\d.]+)%/.exec(style.backgroundImage);
          if (bar !== null) {
            const part = (r.width * Number(bar[3])) / 100;
            rect(new DOMRect(bar[1] === 'left' ? r.right - part : r.x, r.y, part, r.height), bar[2]);
          }
          if (border === 'none' && style.borderBottomWidth !== '0px')
            rect(new DOMRect(r.x, r.bottom - 1, r.width, 1), style.borderBottomColor);
        }
        if (of instanceof HTMLInputElement && of.value !== '')
          write(of.value, new DOMRect(r.x + 11, r.y, of.value.length * 9, r.height), style);
      } else if (of instanceof SVGLineElement && r.top < height) rect(new DOMRect(r.x, r.y, r.width, 1), style.stroke);
      for (const child of of.childNodes) {
        if (child instanceof Element) visit(child);
        else if (child.nodeType === Node.TEXT_NODE && (child.textContent ?? '').trim() !== '') {
          const range = document.createRange();
          range.selectNodeContents(child);
          const all = [...range.getClientRects()];
          const lines = all.filter((line) => isShown(line, of));
          if (all.length === 1 && lines.length === 1)
            write((child.textContent ?? '').trim().replace(/\s+/g, ' '), lines[0], style);
          else if (lines.length > 0) {
            // Of text that the browser has broken, word by word.
            const text = child.textContent ?? '';
            for (const word of text.matchAll(/\S+/g)) {
              range.setStart(child, word.index);
              range.setEnd(child, word.index + word[0].length);
              const place = range.getBoundingClientRect();
              if (isShown(place, of)) write(word[0], place, style);
            }
          }
        }
      }
    };
    rect(new DOMRect(0, 0, width, height), getComputedStyle(document.body).backgroundColor);
    for (const child of document.body.children) if (child.tagName !== 'HEADER') visit(child);
    visit(document.querySelector('header'));
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'DejaVu Sans', sans-serif">\n${parts.join('\n')}\n</svg>\n`;
  });
}
