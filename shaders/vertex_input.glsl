// What a vertex is and where it lies in the world, for every way of moving it.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;

#ifdef SKINNED
// Four weights a vertex; `bone_index` comes as floats because attribute integers differ between drivers.
uniform mat4 bone_matrices[32];
in vec4 bone_index;
in vec4 bone_weight;
#endif

#ifdef INSTANCED
// Four texels an instance: the rows of its 3x4 transform, then its linear colour and roughness.
uniform samplerBuffer instances;
#endif

mat4 vertex_transform() {
#ifdef SKINNED
    ivec4 i = ivec4(bone_index + 0.5);
    mat4 bones = bone_weight.x * bone_matrices[i.x] + bone_weight.y * bone_matrices[i.y]
               + bone_weight.z * bone_matrices[i.z] + bone_weight.w * bone_matrices[i.w];
    return p3d_ModelMatrix * bones;
#elif defined(INSTANCED)
    int at = gl_InstanceID * 4;
    mat4 rows = mat4(texelFetch(instances, at), texelFetch(instances, at + 1), texelFetch(instances, at + 2),
                     vec4(0.0, 0.0, 0.0, 1.0));
    return p3d_ModelMatrix * transpose(rows);
#else
    return p3d_ModelMatrix;
#endif
}
