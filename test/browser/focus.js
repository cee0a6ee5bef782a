// focus follows the focus while Tab is pressed: prepare returns the elements that must get it, in
// the order of the document, and step reports what has it now.
const focus = (() => {
  const {where, all, shown, colour, contrast, over, behind, hex, meet, cover, still} = look
  const selector = 'a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, audio[controls], video[controls], [contenteditable=""], [contenteditable=true], [tabindex]'
  const inert = e => e.matches(':disabled') || e.closest('[inert]') || !e.checkVisibility({visibilityProperty: true})
  // first reports whether Tab stops at a radio button: only at one of a group.
  const first = e => {
    if (e.type !== 'radio' || !e.name) return true
    const group = all(`input[type=radio][name="${CSS.escape(e.name)}"]`).filter(r => r.form === e.form && !inert(r))
    return e === (group.find(r => r.checked) ?? group[0])
  }
  const properties = ['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow', 'backgroundColor', 'borderTopColor', 'borderTopWidth', 'borderBottomColor', 'borderBottomWidth', 'textDecorationLine']
  const style = e => {
    const s = getComputedStyle(e)
    return Object.fromEntries(properties.map(p => [p, s[p]]))
  }
  const bearers = e => [e, ...(e.labels ?? []), e.parentElement].filter(Boolean)
  let list = [], before = new Map()

  const prepare = () => {
    list = all(selector).filter(e => e.tabIndex >= 0 && !inert(e) && first(e) && !(e.localName === 'summary' && e.parentElement.querySelector('summary') !== e))
    // The next Tab begins at the start of the page.
    document.body.tabIndex = -1
    document.body.focus({preventScroll: true})
    document.body.removeAttribute('tabindex')
    document.body.blur()
    still()
    before = new Map()
    for (const e of all('body, body *')) if (e.tabIndex >= 0 || e.matches('label') || e.querySelector(':scope > :is(a, button, input, select, textarea, summary, [tabindex])')) before.set(e, style(e))
    return list.map(where)
  }

  // indicator returns what is wrong with what shows that an element has the focus, or ''.
  const indicator = e => {
    const r = e.getBoundingClientRect()
    const ground = e.parentElement ? behind(e.parentElement, r.left + r.width / 2, r.top + r.height / 2) : null
    let faint = ''
    for (const b of bearers(e)) {
      const old = before.get(b), now = style(b)
      if (!old) continue
      const changed = p => old[p] !== now[p]
      if (now.outlineStyle !== 'none' && parseFloat(now.outlineWidth) >= 1 && (changed('outlineStyle') || changed('outlineColor') || changed('outlineWidth'))) {
        if (now.outlineStyle === 'auto' || !ground) return ''
        const c = over(colour(now.outlineColor), ground), ratio = contrast(c, ground)
        if (ratio >= 3) return ''
        faint = `its outline ${hex(c)} on ${hex(ground)} has ${ratio.toFixed(2)}:1, and needs 3:1`
      }
      if (changed('boxShadow') || changed('textDecorationLine') || changed('borderTopWidth') || changed('borderBottomWidth')) return ''
      for (const p of ['backgroundColor', 'borderTopColor', 'borderBottomColor']) {
        const g = ground ?? [255, 255, 255, 1]
        if (changed(p) && contrast(over(colour(old[p]), g), over(colour(now[p]), g)) >= 3) return ''
      }
    }
    return faint || 'nothing shows that it has the focus'
  }

  const step = () => {
    const e = document.activeElement
    if (!e || e === document.body || e === document.documentElement) return {index: -1, where: '', faults: []}
    still()
    const faults = [], wrong = indicator(e)
    if (wrong) faults.push(wrong)
    // The first line of a link with several lines: the middle of all of them may be beside the text.
    const p = meet(e, () => [...e.getClientRects()].find(r => r.width > 1 && r.height > 1) ?? e.getBoundingClientRect())
    if (!p) faults.push('it has the focus and is not visible')
    else {
      const by = cover(e, p)
      if (by) faults.push(`it has the focus and is behind ${where(by)}`)
    }
    return {index: list.indexOf(e), where: where(e), faults}
  }
  const end = () => {
    document.activeElement?.blur()
    scrollTo(0, 0)
  }
  return {prepare, step, end}
})()
