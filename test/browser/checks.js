// checks returns the faults of the page as it is shown now, each as "rule: element: what is wrong".
const checks = async ({dark}) => {
  const {where, all, shown, spoken, colour, over, luminance, contrast, hex, page, behind, opacity, meet, cover, still} = look
  const faults = new Set()
  const fault = (rule, e, what) => faults.add(`${rule}: ${e ? where(e) + ': ' : ''}${what}`)
  const root = document.documentElement
  const words = ids => ids.split(/\s+/).map(id => document.getElementById(id)?.textContent ?? '').join(' ')
  // named returns the name that attributes give an element.
  const named = e => (e.getAttribute('aria-label') || (e.hasAttribute('aria-labelledby') ? words(e.getAttribute('aria-labelledby')) : '')).trim()
  // content returns the text of an element for a screen reader: texts, and names of images.
  const content = e => {
    if (e.getAttribute?.('aria-hidden') === 'true') return ''
    if (e.nodeType === 3) return e.data
    if (e.nodeType !== 1 || !shown(e)) return ''
    if (e.localName === 'img') return e.alt
    if (e.localName === 'svg') return named(e) || (e.querySelector(':scope > title')?.textContent ?? '')
    return named(e) || [...e.childNodes].map(content).join('')
  }

  const documentRules = () => {
    if (!/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(root.lang)) fault('lang', null, 'the page has no language')
    if (!document.title.trim()) fault('title', null, 'the page has no title')
    if (document.compatMode !== 'CSS1Compat') fault('doctype', null, 'the page has no doctype')
    const viewport = document.querySelector('meta[name=viewport]')?.content ?? ''
    if (!/width=device-width/.test(viewport) || /user-scalable=no|maximum-scale/.test(viewport)) fault('viewport', null, 'the page does not adapt to the width of a phone, or forbids to enlarge it')
    if (document.querySelector('meta[http-equiv=refresh i]')) fault('refresh', null, 'the page loads itself again while it is read')
    const ids = new Map()
    for (const e of all('[id]')) {
      if (ids.has(e.id)) fault('id', e, 'another element has the same id')
      ids.set(e.id, e)
    }
    for (const a of ['for', 'list', 'form', 'aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-owns', 'aria-errormessage']) {
      for (const e of all(`[${a}]`)) for (const id of e.getAttribute(a).split(/\s+/)) if (!ids.has(id)) fault('reference', e, `${a} names ${id}, which is not there`)
    }
  }

  const landmark = 'header, nav, main, footer, aside, dialog, [role=banner], [role=navigation], [role=main], [role=contentinfo], [role=complementary], [role=dialog], [role=search], section[aria-label], section[aria-labelledby]'
  const structureRules = () => {
    const mains = all('main, [role=main]').filter(shown)
    if (mains.length !== 1) fault('main', null, `the page has ${mains.length} main landmarks`)
    const navs = all('nav, [role=navigation]').filter(shown)
    for (const n of navs) if (navs.length > 1 && !named(n)) fault('nav', n, 'one of several navigations has no name')
    const headings = all('h1, h2, h3, h4, h5, h6').filter(shown)
    const ones = headings.filter(h => h.localName === 'h1').length
    if (ones !== 1) fault('h1', null, `the page has ${ones} headings of the first level`)
    let level = 0
    for (const h of headings) {
      const own = +h.localName[1]
      if (own > level + 1) fault('heading', h, level ? `h${own} follows h${level}` : `the first heading is h${own}`)
      if (!content(h).trim()) fault('heading', h, 'the heading is empty')
      level = own
    }
    for (const t of all('table').filter(shown)) if (!t.querySelector('th')) fault('table', t, 'the table has no header cell')
    for (const l of all('ul, ol')) for (const c of l.children) if (!['li', 'script', 'template'].includes(c.localName)) fault('list', c, 'a list has only items')
    for (const e of all('[aria-hidden=true] :is(a[href], button, input, select, textarea), :is(a[href], button, input, select, textarea)[aria-hidden=true]').filter(shown)) fault('hidden', e, 'it takes the focus, and screen readers do not see it')
  }

  const nameRules = () => {
    for (const e of all('input:not([type=hidden], [type=submit], [type=button], [type=reset], [type=image]), select, textarea').filter(shown)) {
      if (!named(e) && ![...e.labels].some(l => content(l).trim())) fault('label', e, 'the control has no label')
    }
    for (const e of all('button, [role=button], summary, input:is([type=submit], [type=button], [type=reset], [type=image])').filter(shown)) {
      const own = e.localName === 'input' ? named(e) || e.value || e.alt || e.getAttribute('type') === 'submit' : content(e).trim() || e.title
      if (!own) fault('button', e, 'the button has no name')
    }
    for (const e of all('a[href]').filter(shown)) if (!(content(e).trim() || e.title)) fault('link', e, 'the link has no name')
    for (const e of all('img')) if (!e.hasAttribute('alt')) fault('image', e, 'the image has no text alternative')
    for (const e of all('svg, canvas, [role=img]').filter(shown)) {
      if (e.closest('[aria-hidden=true]') || e.parentElement.closest('svg')) continue
      if (!named(e) && !e.querySelector(':scope > title')?.textContent.trim()) fault('image', e, 'the graphic has neither a text alternative nor aria-hidden')
    }
    for (const e of all('iframe')) if (!e.title) fault('frame', e, 'the frame has no title')
  }

  const inactive = e => e.closest(':disabled, [aria-disabled=true], [inert]')
  // readable checks the contrast of a text at a point.
  const readable = (e, text, p, what, limit) => {
    const ground = behind(e, p.x, p.y)
    if (!ground) return fault('contrast', e, `${what} is on an image, whose contrast is unknown`)
    const c = over([text[0], text[1], text[2], text[3] * opacity(e)], ground)
    const ratio = contrast(c, ground)
    if (ratio < limit) fault('contrast', e, `${what} ${hex(c)} on ${hex(ground)} has ${ratio.toFixed(2)}:1, and needs ${limit}:1`)
  }
  const limitOf = s => parseFloat(s.fontSize) >= 24 || parseFloat(s.fontSize) >= 18.66 && +s.fontWeight >= 700 ? 3 : 4.5
  const textRules = () => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    let count = 0
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const e = n.parentElement
      if (!n.data.trim() || e.closest('script, style, noscript, template, select, textarea') || !shown(e) || spoken(e)) continue
      if (++count > 5000) return fault('size', null, 'the page has more than 5000 texts, and the rest is not checked')
      if (!e.closest(landmark) && !e.closest('a[href^="#"]')) fault('landmark', e, 'the text is in no landmark')
      const range = document.createRange()
      range.selectNodeContents(n)
      const first = () => [...range.getClientRects()].find(r => r.width > 1 && r.height > 1) ?? new DOMRect()
      const r = first()
      if (r.right + scrollX <= 0 || r.bottom + scrollY <= 0) continue // outside the page until it has the focus
      const p = meet(e, first)
      if (!p) continue
      const by = cover(e, p)
      if (by) fault('covered', e, `the text is behind ${where(by)}`)
      else if (!inactive(e)) readable(e, colour(getComputedStyle(e).color), p, 'the text', limitOf(getComputedStyle(e)))
    }
  }
  const controlRules = () => {
    for (const e of all('input:not([type=hidden]), select, textarea, button, summary, [role=button]').filter(e => shown(e) && !spoken(e))) {
      const s = getComputedStyle(e), p = meet(e, () => e.getBoundingClientRect())
      if (!p) continue
      const by = cover(e, p)
      if (by) { fault('covered', e, `the control is behind ${where(by)}`); continue }
      if (inactive(e)) continue
      const box = e.matches('[type=checkbox], [type=radio], [type=range], [type=color], [type=file], button, summary, [role=button]')
      if (!box) {
        readable(e, colour(s.color), p, 'the value', limitOf(s))
        if (e.placeholder) {
          const holder = getComputedStyle(e, '::placeholder'), c = colour(holder.color)
          readable(e, [c[0], c[1], c[2], c[3] * +holder.opacity], p, 'the placeholder', limitOf(s))
        }
        if (!e.matches('[type=submit], [type=button], [type=reset]')) {
          const ground = behind(e.parentElement, p.x, p.y), own = behind(e, p.x, p.y)
          const edge = parseFloat(s.borderBottomWidth) > 0 && s.borderBottomStyle !== 'none' ? over(colour(s.borderBottomColor), ground ?? page()) : own
          if (ground && own && Math.max(contrast(own, ground), contrast(edge, ground)) < 3) fault('edge', e, `the edge of the field ${hex(edge)} on ${hex(ground)} needs 3:1`)
        }
      }
      const boxes = [e, ...(e.matches('[type=checkbox], [type=radio]') ? e.labels : [])].map(b => b.getBoundingClientRect())
      const width = Math.max(...boxes.map(b => b.width)), height = Math.max(...boxes.map(b => b.height))
      if (width < 24 || height < 24) fault('target', e, `${Math.round(width)} by ${Math.round(height)} pixels, and needs 24 by 24`)
    }
    for (const e of all('a[href]').filter(shown)) {
      const s = getComputedStyle(e), beside = [...e.parentElement.childNodes].some(n => n.nodeType === 3 && /\w{2}/.test(n.data))
      if (beside && s.display === 'inline' && s.textDecorationLine === 'none' && s.borderBottomStyle === 'none' && s.fontWeight === getComputedStyle(e.parentElement).fontWeight) fault('link', e, 'only its colour tells the link from the text around it')
    }
    for (const e of all('body *')) {
      if (shown(e) && getComputedStyle(e).cursor === 'pointer' && getComputedStyle(e.parentElement).cursor !== 'pointer' && !e.closest('a[href], button, label, summary, input, select, option, textarea, [tabindex]')) fault('focusable', e, 'it looks as if it could be clicked, and the keyboard does not reach it')
    }
  }

  const layoutRules = () => {
    if (root.scrollWidth > root.clientWidth) {
      const limit = root.clientWidth + 1
      const scrolls = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return true; return false }
      const wide = all('body *').filter(e => shown(e) && e.getBoundingClientRect().right + scrollX > limit && !scrolls(e))
      const e = wide.find(w => !wide.some(o => o !== w && w.contains(o))) ?? document.body
      fault('overflow', e, `the page is ${root.scrollWidth} pixels wide in a window of ${root.clientWidth}`)
    }
    for (const e of all('body *').filter(e => shown(e) && !spoken(e))) {
      const s = getComputedStyle(e), rest = Math.max(e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight)
      if (e.clientWidth < 2 || rest < 2) continue
      const scroll = /auto|scroll/
      const x = e.scrollWidth - e.clientWidth > 1, y = e.scrollHeight - e.clientHeight > 1
      if (x && scroll.test(s.overflowX) || y && scroll.test(s.overflowY)) {
        if (!e.matches('textarea, select, [tabindex]') && !e.querySelector('a[href], button, input, select, textarea, summary, [tabindex]')) fault('scrollable', e, 'the keyboard cannot scroll it: it needs tabindex=0 and a name')
      } else if (x && /hidden|clip/.test(s.overflowX) && e.textContent.trim() && !e.title) fault('clipped', e, 'its text is cut off, and it has no title with the whole text')
    }
    if (dark && luminance(page()) > 0.3) fault('dark', null, `the page is ${hex(page())} for people who prefer dark colours`)
  }

  still()
  documentRules()
  structureRules()
  nameRules()
  layoutRules()
  textRules()
  controlRules()
  scrollTo(0, 0)
  return [...faults]
}
