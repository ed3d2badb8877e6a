// One copy of a piece of equipment: where it stands, how large it is, how it looks. Needs p3d_ModelMatrix.
// Four texels a copy: place and yaw; size and scale; heat colour and its strength; lamp, highlight, ghost, pad codes.
uniform samplerBuffer instances;
uniform vec4 instance_first;     // x: the first copy of this mesh in the buffer

const float GHOST_HIDDEN = -1.0;
const float GHOST_SEEN_THROUGH = 1.0;
const float GHOST_FADED = 2.0;

struct Copy {
    vec4 place;                  // world metres, yaw in radians
    vec4 size;                   // metres before scaling, scale
    vec4 heat;                   // linear rgb, strength
    vec4 codes;                  // lamp, highlight, ghost, pad
};

Copy fetch_copy(int number) {
    int at = (int(instance_first.x + 0.5) + number) * 4;
    return Copy(texelFetch(instances, at), texelFetch(instances, at + 1), texelFetch(instances, at + 2),
                texelFetch(instances, at + 3));
}

vec3 turned(vec3 v, float yaw) {
    float c = cos(yaw);
    float s = sin(yaw);
    return vec3(c * v.x - s * v.y, s * v.x + c * v.y, v.z);
}

// Whether this copy belongs to another pass than the one that is drawn: solid, or seen through.
bool other_pass(Copy copy) {
    bool through = abs(copy.codes.z - GHOST_SEEN_THROUGH) < 0.5;
#ifdef GHOST
    return !through;
#else
    return through || copy.codes.z < -0.5;
#endif
}

const vec4 NOWHERE = vec4(2.0, 2.0, 2.0, 1.0);  // all corners in one point outside the picture: nothing is drawn
