// What the checks share: how an element is named in a report, whether it is visible, and colours.
const look = (() => {
  // where names an element for a report.
  const where = e => {
    let name = e.localName
    if (e.id) name += '#' + e.id
    else if (e.getAttribute('name')) name += `[name=${e.getAttribute('name')}]`
    else if (e.classList.length) name += '.' + [...e.classList].join('.')
    const text = (e.innerText ?? e.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)
    return text && !['html', 'body', 'main'].includes(e.localName) ? `${name} "${text}"` : name
  }

  const all = (selector, root = document) => [...root.querySelectorAll(selector)]
  const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true})

  // spoken reports whether only screen readers get the element, as it is clipped to nothing.
  const spoken = e => {
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      const s = getComputedStyle(p), r = p.getBoundingClientRect()
      const clipped = s.overflowX !== 'visible' && (r.width <= 1 || r.height <= 1)
      if (clipped || s.clipPath === 'inset(50%)' || s.clipPath === 'inset(100%)' || /^rect\(0/.test(s.clip)) return true
    }
    return false
  }

  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const pen = canvas.getContext('2d', {willReadFrequently: true})
  const known = new Map()
  // colour reads a computed colour in any notation: red, green, blue from 0 to 255, alpha from 0 to 1.
  const colour = text => {
    if (!known.has(text)) {
      const plain = text.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/)
      if (plain) known.set(text, [+plain[1], +plain[2], +plain[3], plain[4] === undefined ? 1 : +plain[4]])
      else {
        pen.clearRect(0, 0, 1, 1)
        pen.fillStyle = text
        pen.fillRect(0, 0, 1, 1)
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data
        known.set(text, [r, g, b, a / 255])
      }
    }
    return known.get(text)
  }
  const over = (top, below) => {
    const a = top[3] + below[3] * (1 - top[3])
    if (a === 0) return [0, 0, 0, 0]
    return [0, 1, 2].map(i => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / a).concat(a)
  }
  const luminance = c => {
    const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  // contrast is the ratio of WCAG 2, from 1 to 21.
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p)
    return (x + 0.05) / (y + 0.05)
  }
  const hex = c => '#' + c.slice(0, 3).map(v => Math.round(v).toString(16).padStart(2, '0')).join('')

  // page is the colour behind everything: the root's, the body's, or the browser's own.
  const page = () => {
    const probe = document.createElement('span')
    probe.style.color = 'Canvas'
    document.documentElement.append(probe)
    let c = colour(getComputedStyle(probe).color)
    probe.remove()
    for (const e of [document.body, document.documentElement]) c = over(colour(getComputedStyle(e).backgroundColor), c)
    return c
  }

  // behind returns the colour on which an element is painted at a point of the window, or null if an
  // image is there. Elements that only overlap count, if the element itself is at the point.
  const behind = (e, x, y) => {
    let stack = document.elementsFromPoint(x, y)
    const at = stack.indexOf(e)
    if (at >= 0) stack = stack.slice(at)
    else for (stack = []; e; e = e.parentElement) stack.push(e)
    let c = [0, 0, 0, 0]
    for (const layer of stack) {
      const s = getComputedStyle(layer)
      if (s.backgroundImage !== 'none') return null
      const b = colour(s.backgroundColor)
      c = over(c, [b[0], b[1], b[2], b[3] * opacity(layer)])
      if (c[3] > 0.999) break
    }
    return over(c, page())
  }
  const opacity = e => {
    let o = 1
    for (; e; e = e.parentElement) o *= +getComputedStyle(e).opacity
    return o
  }

  // part returns the part of a rectangle that its scrolling and clipping ancestors show, or null.
  const part = (e, r) => {
    let [left, top, right, bottom] = [r.left, r.top, r.right, r.bottom]
    for (let p = e; p && p !== document.documentElement; p = p.parentElement) {
      const s = getComputedStyle(p), b = p.getBoundingClientRect()
      if (s.overflowX !== 'visible') [left, right] = [Math.max(left, b.left), Math.min(right, b.right)]
      if (s.overflowY !== 'visible') [top, bottom] = [Math.max(top, b.top), Math.min(bottom, b.bottom)]
    }
    return right - left < 1 || bottom - top < 1 ? null : {left, top, right, bottom}
  }
  const inWindow = r => r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight

  // meet scrolls to an element and returns a point of it in the window, or null if there is none.
  const meet = (e, rect) => {
    let r = part(e, rect())
    if (!r || !inWindow(r)) {
      e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'})
      r = part(e, rect())
    }
    if (!r) return null
    const x = (Math.max(r.left, 0) + Math.min(r.right, innerWidth)) / 2
    const y = (Math.max(r.top, 0) + Math.min(r.bottom, innerHeight)) / 2
    return x < 0 || y < 0 || x >= innerWidth || y >= innerHeight ? null : {x, y}
  }

  // opaque reports whether an element hides what is behind it.
  const opaque = e => e.matches('img, svg, canvas, video, iframe, input, textarea, select') || ['', '::before', '::after'].some(pseudo => {
    const s = getComputedStyle(e, pseudo)
    if (pseudo && (s.content === 'none' || !/absolute|fixed/.test(s.position))) return false
    return s.backgroundImage !== 'none' || colour(s.backgroundColor)[3] >= 0.5
  })
  // cover returns the element that covers another one at a point, or null. An ancestor does so if it
  // is painted above and hides what is behind it, any other element also if it only takes the clicks.
  const cover = (e, p) => {
    if (getComputedStyle(e).pointerEvents === 'none') return null
    const labels = [...(e.labels ?? []), e.closest('label')].filter(Boolean)
    for (const hit of document.elementsFromPoint(p.x, p.y)) {
      if (hit === e || e.contains(hit)) return null
      if (labels.some(l => l.contains(hit))) continue
      if (!hit.contains(e) || opaque(hit)) return hit
    }
    return null
  }

  const still = () => { for (const a of document.getAnimations()) try { a.finish() } catch { a.cancel() } }
  return {where, all, shown, spoken, colour, over, luminance, contrast, hex, page, behind, opacity, meet, cover, still}
})()
