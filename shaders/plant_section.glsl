// A plane that cuts the plant open: what lies on its far side is not drawn.
uniform vec4 section;            // normal, distance: cut where dot(normal, place) > distance; normal 0 cuts nothing

bool cut_away(vec3 world) {
    return dot(section.xyz, world) > section.w;
}
