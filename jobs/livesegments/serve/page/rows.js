// A table, or without columns a line, of cells made of parts: texts, links and times. Everything is text, never HTML.
export default {
  template: `
    <div v-if="!columns.length" class="ls-line"><template v-for="(part, i) in line" :key="i">
      <a v-if="part.h" :href="part.h" :class="part.c">{{ part.t }}</a>
      <time v-else-if="part.at" :datetime="part.at" :title="utc(part.at)" :class="part.c">{{ local(part.at) }}</time>
      <meter v-else-if="part.share !== undefined" min="0" max="1" :value="part.share" :aria-label="part.t"></meter>
      <span v-else :class="part.c">{{ part.t }}</span></template></div>
    <div v-else-if="rows.length" class="ls-table-box" ref="box" :tabindex="scrolls ? 0 : -1"
        :role="scrolls ? 'group' : undefined" :aria-label="scrolls ? label : undefined">
      <table :class="['ls-table', compact ? '' : 'ls-cards']" :aria-label="label">
        <thead><tr><th v-for="c in columns" :key="c.name" scope="col" :class="c.kind"
            :aria-sort="sort === c.name ? (down ? 'descending' : 'ascending') : undefined">
          <button v-if="c.sort" type="button" @click="order(c.name)">{{ c.label }}<span
            aria-hidden="true">{{ sort === c.name ? (down ? ' ▾' : ' ▴') : '' }}</span></button>
          <template v-else>{{ c.label }}</template></th></tr></thead>
        <tbody><tr v-for="row in sorted" :key="row.key" :id="row.id" :class="row.c">
          <td v-for="c in columns" :key="c.name" :class="c.kind" :data-label="c.label"><div>
            <template v-for="(part, i) in row[c.name] || []" :key="i">
              <a v-if="part.h" :href="part.h" :class="part.c" :title="part.title">{{ part.t }}</a>
              <time v-else-if="part.at" :datetime="part.at" :title="utc(part.at)" :class="part.c">{{ local(part.at) }}</time>
              <meter v-else-if="part.share !== undefined" min="0" max="1" :value="part.share" :aria-label="part.t"></meter>
              <span v-else :class="part.c" :title="part.title">{{ part.t }}</span></template>
          </div></td></tr></tbody>
      </table>
    </div>
    <p v-else class="ls-empty">{{ empty }}</p>`,
  props: { columns: Array, rows: Array, line: Array, empty: String, label: String, compact: Boolean },
  data: () => ({ sort: null, down: true, scrolls: false }),
  mounted() {
    window.addEventListener("resize", this.look);
    this.look();
  },
  updated() {
    this.look();
  },
  unmounted() {
    window.removeEventListener("resize", this.look);
  },
  computed: {
    sorted() {
      if (this.sort === null) return this.rows;
      const value = (row) => row.sort && row.sort[this.sort];
      const way = this.down ? -1 : 1;
      return [...this.rows].sort((a, b) => {
        const x = value(a), y = value(b);
        if (x === y) return 0;
        if (x === null || x === undefined) return 1;
        if (y === null || y === undefined) return -1;
        return x < y ? -way : way;
      });
    },
  },
  methods: {
    look() {
      // A table that is wider than its place is reached by the keyboard, and moved with the arrow keys.
      const box = this.$refs.box;
      this.scrolls = Boolean(box) && box.scrollWidth > box.clientWidth;
    },
    order(name) {
      if (this.sort === name) this.down = !this.down;
      else [this.sort, this.down] = [name, true];
    },
    local(at) {
      const time = new Date(at);
      const two = (number) => String(number).padStart(2, "0");
      const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
      return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
    },
    utc: (at) => `${at.replace("T", " ").replace("Z", "")} UTC`,
  },
};
